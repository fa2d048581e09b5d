import type { EventEmitter } from 'node:events';
import type { LocalServerEvents } from './server.js';
import type { Store } from './store.js';

export interface WaitOptions {
  /** @default 5000 */
  readonly timeoutMs?: number;
}

/** Resolves once the store holds `n` rows; rejects when the time is up or the server closes. */
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
