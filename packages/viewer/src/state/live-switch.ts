/** State that the list shares with the bar above it: whether new rows are shown by themselves, and how many wait. */

import { useSyncExternalStore } from 'react';

/** The state of the stream of events. `refused`: too many pages are open. */
export type LiveState = 'connecting' | 'open' | 'lost' | 'refused';

interface LiveSwitch {
  /** Undefined where the page has no list. */
  readonly state: LiveState | undefined;
  readonly isPaused: boolean;
  /** Traces that arrived and are not shown. */
  readonly held: number;
}

let current: LiveSwitch = { state: undefined, isPaused: false, held: 0 };
const listeners = new Set<() => void>();

/** Pauses the list, or lets it go on. */
export function togglePause(): void {
  change({ isPaused: !current.isPaused });
}

/** Shows the state of the stream; undefined where the page has no list any more. */
export function showConnection(state: LiveState | undefined): void {
  change({ state });
}

/** Shows how many traces wait. */
export function showHeldCount(held: number): void {
  if (current.held !== held) change({ held });
}

function change(changed: Partial<LiveSwitch>): void {
  current = { ...current, ...changed };
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
