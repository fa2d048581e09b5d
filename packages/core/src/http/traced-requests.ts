/** Which trace a request has, for all installed copies of this package. */

import { fieldsMayBeSlow } from '#platform';
import { processWide } from '../process-wide.js';
import type { RequestTrace } from '../trace/types.js';

interface TracedRequests {
  traceIn(req: object): RequestTrace | undefined;
  /** @param isReshaped whether the prototype of the request was changed */
  keepTrace(req: object, trace: RequestTrace, isReshaped?: boolean): void;
}

/**
 * Where a field would take microseconds. Elsewhere a field is better: a young value of an old map outlives the next
 * collections, whether its key does or not.
 */
const aside = new WeakMap<object, RequestTrace>();

/** What inherits from it adds its fields to the object that it is given. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the language has no other way to do it
    return object;
  }
}

/** A field of the request that nobody else can see. */
class TracedRequest extends Itself {
  #trace: RequestTrace;

  private constructor(req: object, trace: RequestTrace) {
    super(req);
    this.#trace = trace;
  }

  static traceIn(req: object): RequestTrace | undefined {
    return #trace in req ? req.#trace : aside.get(req);
  }

  static keepTrace(req: object, trace: RequestTrace, isReshaped = false): void {
    if (#trace in req) req.#trace = trace;
    else if (isReshaped && fieldsMayBeSlow) aside.set(req, trace);
    else new TracedRequest(req, trace);
  }
}

export const tracedRequests: TracedRequests = processWide<TracedRequests>(
  'requests.v1',
  () => TracedRequest,
);

/**
 * The trace of a request, for code that has the raw request but lost the scope. Undefined where no middleware of ours
 * has seen it.
 */
export function getTrace(req: object): RequestTrace | undefined {
  return tracedRequests.traceIn(req);
}
