/** Whether the server responds, as all calls and streams of the page have found. */

import { useSyncExternalStore } from 'react';

/** `unknown-token`: the server may have been started again with another token; only a reload with that token helps. */
export type Contact = 'there' | 'away' | 'unknown-token';

let current: Contact = 'there';
const listeners = new Set<() => void>();

/** Takes the status of a response; undefined if the server did not respond. */
export function noteResponse(status: number | undefined): void {
  const next = status === undefined ? 'away' : status === 401 ? 'unknown-token' : 'there';
  if (next === current || current === 'unknown-token') return;
  current = next;
  for (const listener of listeners) listener();
}

export function useContact(): Contact {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
