/** The `trace` of a request, as frameworks show it: found by the request, and so no part of each. */

import { InertTrace } from '../trace/inert.js';
import type { RequestTrace } from '../trace/types.js';
import { getTrace } from './traced-requests.js';

/**
 * Gives everything that inherits from the prototype a `trace`: the request's own, or an inert one.
 * @param requestOf the request that the trace began with, or an alias of it
 */
export function defineTrace<T extends object>(
  prototype: T,
  requestOf: (holder: T) => object,
): void {
  Object.defineProperty(prototype, 'trace', {
    configurable: true,
    enumerable: true,
    get(this: T): RequestTrace {
      return getTrace(requestOf(this)) ?? new InertTrace();
    },
    set(this: T, value: RequestTrace) {
      setOwnTrace(this, value);
    },
  });
}

/** For an app that has a `trace` of its own in the way. */
export function setOwnTrace(holder: object, trace: RequestTrace): void {
  Object.defineProperty(holder, 'trace', {
    value: trace,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
