/** Settings of the reader for all pages: theme, zone, kind of times, how contents are shown. The address overrides them. */

import { useNavigate, useSearch } from '@tanstack/react-router';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Clock } from './format.js';
import type { Mode, PageState } from './search.js';

interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly zone: 'utc' | 'local';
  readonly style: 'absolute' | 'relative';
  readonly mode: Mode;
  /** Whether invisible characters stay invisible. */
  readonly isRawText: boolean;
  /** Widths in per cent: of the steps in a trace, and of the names in its grid. */
  readonly stepsWidth: number;
  readonly namesWidth: number;
}

const KEY = 'openlayer-viewer';
const DEFAULTS: Settings = {
  theme: 'system',
  zone: 'local',
  style: 'relative',
  mode: 'chat',
  isRawText: false,
  stepsWidth: 52,
  namesWidth: 50,
};

let current: Settings = load();
const listeners = new Set<() => void>();

function load(): Settings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const known = Object.entries(kept ?? {}).filter(
      ([name, value]) => typeof value === typeof DEFAULTS[name as keyof Settings],
    );
    return { ...DEFAULTS, ...Object.fromEntries(known) };
  } catch {
    // The browser may block storage, or have settings of another version.
    return DEFAULTS;
  }
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  applyTheme();
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // The settings then last until the page is closed.
  }
  for (const listener of listeners) listener();
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function applyTheme(): void {
  if (current.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}

/** The state of the page in its address. */
export function usePageState(): PageState {
  return useSearch({ strict: false }) as PageState;
}

/** Changes some of the state; `undefined` removes. It makes an entry of the history unless `replace` is set. */
export function useChangePageState(): (
  change: { readonly [Name in keyof PageState]?: PageState[Name] | undefined },
  options?: { readonly replace?: boolean },
) => void {
  const navigate = useNavigate();
  return useMemo(
    () => (change, options) => {
      navigate({
        to: '.',
        search: ((before: PageState) => ({ ...before, ...change })) as never,
        replace: options?.replace ?? false,
      }).catch(() => undefined);
    },
    [navigate],
  );
}

const ClockContext = createContext<Clock & { readonly now: number }>({
  zone: 'local',
  style: 'relative',
  now: 0,
});

/** Provides the zone and style of times, and the current time, which is updated every five seconds. */
export function ClockProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const { zone, style } = useSettings();
  const state = usePageState();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 5000);
    return () => clearInterval(timer);
  }, []);
  const chosenZone = state.zone ?? zone;
  const chosenStyle = state.clock ?? style;
  const clock = useMemo(
    () => ({ zone: chosenZone, style: chosenStyle, now }),
    [chosenZone, chosenStyle, now],
  );
  return <ClockContext value={clock}>{children}</ClockContext>;
}

export function useClock(): Clock & { readonly now: number } {
  return useContext(ClockContext);
}

/** Whether the page is as narrow as a phone. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => narrow.matches,
  );
}

const narrow = window.matchMedia('(max-width: 720px)');
