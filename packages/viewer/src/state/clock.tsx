import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Clock } from '../format.js';
import { useSettings } from './settings.js';
import { usePageState } from './use-page-state.js';

const ClockContext = createContext<Clock & { readonly now: number }>({
  zone: 'local',
  style: 'relative',
  now: 0,
});

/** Provides the zone and style of times, and the current time, which is updated every five seconds. */
export function ClockProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const settings = useSettings();
  const state = usePageState();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 5000);
    return () => clearInterval(timer);
  }, []);
  const zone = state.zone ?? settings.zone;
  const style = state.clock ?? settings.style;
  const clock = useMemo(() => ({ zone, style, now }), [zone, style, now]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

export function useClock(): Clock & { readonly now: number } {
  return useContext(ClockContext);
}
