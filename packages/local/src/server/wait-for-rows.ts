import type { EventEmitter } from 'node:events';
import type { LocalServerEvents } from '../reports/events.js';
import type { Store } from '../storage/store.js';

/** Options of `waitForRows()`. */
export interface WaitOptions {
  /** Limit for the wait, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
}

/** Resolves once the store has `n` rows. Rejects at the timeout, and when the server is closed. */
export function waitForRows(
  store: Store,
  events: EventEmitter<LocalServerEvents>,
  n: number,
  { timeoutMs = 5000 }: WaitOptions = {},
): Promise<void> {
  if (store.count >= n) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      events.off('row', onRow).off('close', onClose);
    };
    const onRow = () => {
      if (store.count < n) return;
      stop();
      resolve();
    };
    const fail = (why: string) => {
      stop();
      reject(new Error(`${why}: ${store.count} of ${n} rows have arrived`));
    };
    const onClose = () => fail('the server was closed');
    const timer = setTimeout(() => fail(`waited ${timeoutMs} ms`), timeoutMs);
    events.on('row', onRow).on('close', onClose);
  });
}
