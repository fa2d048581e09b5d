/** The `trace` of a request, as frameworks show it. */

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
      try {
        const trace = getTrace(requestOf(this));
        if (trace !== undefined) return trace;
      } catch {
        // The app has made something of its own of the request.
      }
      return new InertTrace();
    },
    set(this: T, value: RequestTrace) {
      define(this, value);
    },
  });
}

/** Shows the trace as an own property, which stays whatever becomes of the object's prototype. */
export function setOwnTrace(holder: { trace?: RequestTrace }, trace: RequestTrace): void {
  // An accessor or a frozen value in the way would take the assignment, or refuse it.
  if (!('trace' in holder)) holder.trace = trace;
  if (holder.trace !== trace) define(holder, trace);
}

function define(holder: object, trace: RequestTrace): void {
  Object.defineProperty(holder, 'trace', {
    value: trace,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
