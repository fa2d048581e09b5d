import { runGuarded } from '@openlayer-tracing/core/integration';

/** Calls `fn` with the value of a client's promise, before the client gets it. The client handles a rejection of the promise. */
export function whenFulfilled<T>(promise: PromiseLike<T>, fn: (value: T) => unknown): void {
  const observe = (value: T) => void runGuarded('result', () => fn(value));
  // What a mock returns may be no promise.
  Promise.resolve(promise).then(observe, () => {});
}

/** Calls `fn` when a client's promise is fulfilled or rejected. The client handles a rejection of the promise. */
export function whenSettled(promise: PromiseLike<unknown>, fn: () => unknown): void {
  const observe = () => void runGuarded('result', fn);
  Promise.resolve(promise).then(observe, observe);
}
