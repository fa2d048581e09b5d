/** The client call that the running code belongs to, so that retries and helper requests of one call are recorded once. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../../platform/process-wide.js';

const { storage, UNTRACED, requests } = processWide('client-calls.v2', () => ({
  storage: new AsyncLocalStorage<object>(),
  UNTRACED: {},
  /** The requests given to `inRecordedRequest`. */
  requests: new WeakSet(),
}));

/** Runs `fn` as part of the call. Errors pass through unchanged. */
export function inClientCall<R>(call: object, fn: () => R): R {
  return storage.run(call, fn);
}

/** The call given to `inClientCall` around the running code; undefined outside any. */
export function currentClientCall(): object | undefined {
  const call = storage.getStore();
  return call === undefined || call === UNTRACED || requests.has(call) ? undefined : call;
}

/**
 * Runs `fn`, which sends a request that is recorded. It may be a function of the app: other requests that it sends are recorded as
 * well. A client that records requests compares its request with `currentRecordedRequest()`.
 */
export function inRecordedRequest<R>(request: object, fn: () => R): R {
  requests.add(request);
  return storage.run(request, fn);
}

/** The request given to `inRecordedRequest` around the running code; undefined outside any. */
export function currentRecordedRequest(): object | undefined {
  const request = storage.getStore();
  return request !== undefined && requests.has(request) ? request : undefined;
}

/** Runs `fn` so that clients which it calls record nothing, because the caller records the call itself. */
export function untraced<R>(fn: () => R): R {
  return storage.run(UNTRACED, fn);
}

/** Whether requests that the running code sends are recorded by a caller: it is within `untraced` or `inRecordedRequest`. */
export function isRecordedByCaller(): boolean {
  return isUntraced() || currentRecordedRequest() !== undefined;
}

/** Whether the running code is within `untraced`. */
export function isUntraced(): boolean {
  return storage.getStore() === UNTRACED;
}
