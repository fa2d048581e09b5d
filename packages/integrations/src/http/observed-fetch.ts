import type { SentRequest } from './sent-request.js';

/** What is recorded of one request. */
export interface FetchObserver {
  /** @returns the response itself, or a copy of it whose body is observed */
  observe(response: unknown): unknown;
  /** The request failed before there was a response. */
  fail(error: unknown): void;
}

/** Sends a request by `send`, and has its response or its failure observed. */
export function observedFetch(
  observer: FetchObserver,
  request: SentRequest,
  send: () => unknown,
): Promise<unknown> {
  const fail = (error: unknown): never => {
    observer.fail(error);
    throw error;
  };
  let response: unknown;
  try {
    response = request.run(send);
  } catch (error) {
    return fail(error);
  }
  // A mock may return a response instead of a promise.
  return Promise.resolve(response).then((received) => observer.observe(received), fail);
}
