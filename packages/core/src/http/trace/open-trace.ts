/** The open trace of a request, for what observes the framework. */

import { RecordedRequestTrace } from './recorded-request-trace.js';
import { getTrace } from './traced-requests.js';

/** The open trace of a request; undefined without one. Never throws. */
export function openTraceOf(req: object): RecordedRequestTrace | undefined {
  try {
    const trace = getTrace(req);
    return trace instanceof RecordedRequestTrace && trace.isOpen ? trace : undefined;
  } catch {
    // The value is not an object.
    return undefined;
  }
}

/** Records an error that a framework handles, unless the request's trace has one. Never throws. */
export function recordRequestError(req: object, error: unknown): void {
  const trace = openTraceOf(req);
  try {
    trace?.recordFirstError(error);
  } catch (failure) {
    trace?.reportFailure('error', failure);
  }
}
