import { useSyncExternalStore } from 'react';
import { useSettings } from './settings.js';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** The theme that is shown. The setting `system` follows the system while the page is open. */
export function useTheme(): 'light' | 'dark' {
  const { theme } = useSettings();
  const isDark = useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener);
      return () => dark.removeEventListener('change', listener);
    },
    () => dark.matches,
  );
  if (theme !== 'system') return theme;
  return isDark ? 'dark' : 'light';
}
