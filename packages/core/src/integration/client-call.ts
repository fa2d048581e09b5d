/** The client call that the running code belongs to, so that retries and helper requests of one call are recorded once. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../platform/process-wide.js';

const { storage, UNTRACED } = processWide('client-calls.v1', () => ({
  storage: new AsyncLocalStorage<object>(),
  UNTRACED: {},
}));

/** Runs `fn` as part of the call. Errors pass through unchanged. */
export function inClientCall<R>(call: object, fn: () => R): R {
  return storage.run(call, fn);
}

/** The call given to `inClientCall` around the running code; undefined outside any. */
export function currentClientCall(): object | undefined {
  const call = storage.getStore();
  return call === UNTRACED ? undefined : call;
}

/** Runs `fn` so that clients which it calls record nothing, because the caller records the call itself. */
export function untraced<R>(fn: () => R): R {
  return storage.run(UNTRACED, fn);
}

/** Whether the running code is within `untraced`. */
export function isUntraced(): boolean {
  return storage.getStore() === UNTRACED;
}
