/** The trace of a request that its framework is running. */

import { RecordedRequest } from './request-trace.js';
import { getTrace } from './traced-requests.js';

/** The request's trace where it still takes what is recorded. */
export function openTraceOf(req: object): RecordedRequest | undefined {
  const trace = getTrace(req);
  return trace instanceof RecordedRequest && trace.isOpen ? trace : undefined;
}
