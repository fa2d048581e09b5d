import { markTraced } from '../common/hooks/traced.js';
import type { JsonObject } from '../common/json.js';
import type { AnyFetch, FetchInit, FetchInput } from './exchange/fetch-types.js';
import { bodyOfRequest } from './request/read-request.js';
import { isRecordedByOuterFetch } from './sent-request.js';

/** The arguments of `fetch`. */
export type FetchArguments = [FetchInput, FetchInit?];

/**
 * A fetch that gives each call to `send`, after the body of a `Request` was read where that is needed.
 * @param needsBody whether the body of a `Request` for this URL is needed
 * @param send called with the same `this` as the fetch, its arguments and the body that was read
 */
export function wrapFetch<F extends AnyFetch>(
  needsBody: (url: URL) => boolean,
  send: (this: unknown, args: FetchArguments, params: JsonObject | undefined) => Promise<unknown>,
): F {
  function tracedFetch(this: unknown, ...args: FetchArguments): Promise<unknown> {
    const isNeeded = !isRecordedByOuterFetch(args[0], args[1]);
    const body = isNeeded ? bodyOfRequest(args[0], args[1], needsBody) : undefined;
    if (body === undefined) return send.call(this, args, undefined);
    return body.then((params) => send.call(this, args, params));
  }
  markTraced(tracedFetch);
  // It has the type of the fetch that `send` calls.
  return tracedFetch as unknown as F;
}
