/** The property `trace` of requests and contexts. */

import { InertTrace } from '../../trace/inert.js';
import type { RequestTrace } from '../../trace/model/trace-api.js';
import { getTrace } from './traced-requests.js';

/**
 * Defines `trace` on a prototype: the trace of the request, or an inert one.
 * @param requestOf returns the request with which the trace began, or an alias of it
 */
export function defineTraceProperty<T extends object>(
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
        // The app changed the request so that reading it throws.
      }
      return new InertTrace();
    },
    set(this: T, value: RequestTrace) {
      defineOwnTrace(this, value);
    },
  });
}

/** Sets `trace` as an own property, which stays when the object's prototype is swapped. */
export function setTraceProperty(holder: { trace?: RequestTrace }, trace: RequestTrace): void {
  // An inherited accessor or a read-only property would intercept the assignment.
  if (!('trace' in holder)) holder.trace = trace;
  if (holder.trace !== trace) defineOwnTrace(holder, trace);
}

function defineOwnTrace(holder: object, trace: RequestTrace): void {
  Object.defineProperty(holder, 'trace', {
    value: trace,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
