/** State that the list shares with the bar above it: whether new rows are shown by themselves, and how many wait. */

import { useSyncExternalStore } from 'react';
import type { LiveState } from '../server/live-stream.js';

interface LiveSwitch {
  /** Undefined where the page has no list. */
  readonly state: LiveState | undefined;
  readonly isPaused: boolean;
  /** Traces that arrived and are not shown. */
  readonly held: number;
}

let current: LiveSwitch = { state: undefined, isPaused: false, held: 0 };
const listeners = new Set<() => void>();

export function changeLive(change: Partial<LiveSwitch>): void {
  current = { ...current, ...change };
  for (const listener of listeners) listener();
}

export function useLiveSwitch(): LiveSwitch {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

/** The current state, without waiting for a render. */
export function liveNow(): LiveSwitch {
  return current;
}
