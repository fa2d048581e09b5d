/** Settings of the reader for all pages: theme, zone, kind of times, how contents are shown. The address overrides them. */

import { useSyncExternalStore } from 'react';
import type { Clock } from '../format.js';
import type { Mode } from './page-state.js';

interface Settings extends Clock {
  readonly theme: 'system' | 'light' | 'dark';
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

/** Changes some settings and keeps them for the next visit. */
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

/** Gives the document the theme of the settings. */
export function applyTheme(): void {
  if (current.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}
