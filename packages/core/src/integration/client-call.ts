/** Which call of a client the running code belongs to: the tries of one call, and what its helpers ask for, are one. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../process-wide.js';

const { storage, UNTRACED } = processWide('client-calls.v1', () => ({
  storage: new AsyncLocalStorage<object>(),
  UNTRACED: {},
}));

/** Runs `fn` as part of this call. Errors pass through unchanged. */
export function inClientCall<R>(call: object, fn: () => R): R {
  return storage.run(call, fn);
}

/** The call that was given to `inClientCall`, if the running code belongs to one. */
export function currentClientCall(): object | undefined {
  const call = storage.getStore();
  return call === UNTRACED ? undefined : call;
}

/** Runs `fn` so that the clients that it asks record nothing, because what asks them is recorded itself. */
export function untraced<R>(fn: () => R): R {
  return storage.run(UNTRACED, fn);
}

/** Whether the calls of the running code are recorded by somebody else. */
export function isUntraced(): boolean {
  return storage.getStore() === UNTRACED;
}
