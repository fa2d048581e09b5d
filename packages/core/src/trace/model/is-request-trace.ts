/** Tells the traces of requests from other values. */

import type { RequestTrace } from './trace-api.js';

/** Marks the traces of requests, of any loaded copy of this package. */
export const REQUEST_TRACE: unique symbol = Symbol.for('openlayer-tracing.request-trace.v1');

/** Whether the value is the trace of a request. */
export function isRequestTrace(value: unknown): value is RequestTrace {
  return typeof value === 'object' && value !== null && REQUEST_TRACE in value;
}
