/** Which trace a request has, for all installed copies of this package. */

import { fieldsMayBeSlow } from '#platform';
import { processWide } from '../../platform/process-wide.js';
import type { RequestTrace } from '../../trace/model/types.js';

interface TracedRequests {
  traceIn(req: object): RequestTrace | undefined;
  keepTrace(req: object, trace: RequestTrace, framework?: Framework): void;
}

interface Framework {
  /** Whether the framework has changed the prototype of the request. @default false */
  readonly changesPrototypes?: boolean;
}

/**
 * Express swaps the request's prototype, and before V8 12 adding a field to such an object costs about 3 us: there, traces
 * are kept in a WeakMap. Elsewhere in a private field, because WeakMap values survive two extra collections.
 */
const tracesOfSlowRequests = new WeakMap<object, RequestTrace>();

/** A subclass of it adds its private fields to the object that its constructor is given. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the language has no other way to do it
    return object;
  }
}

/** A field of the request that nobody else can see. */
class TraceField extends Itself {
  #trace: RequestTrace;

  private constructor(req: object, trace: RequestTrace) {
    super(req);
    this.#trace = trace;
  }

  static traceIn(req: object): RequestTrace | undefined {
    if (#trace in req) return req.#trace;
    return fieldsMayBeSlow ? tracesOfSlowRequests.get(req) : undefined;
  }

  static keepTrace(req: object, trace: RequestTrace, framework?: Framework): void {
    if (#trace in req) req.#trace = trace;
    else if (fieldsMayBeSlow && framework?.changesPrototypes === true)
      tracesOfSlowRequests.set(req, trace);
    else new TraceField(req, trace);
  }
}

export const tracedRequests: TracedRequests = processWide<TracedRequests>(
  'requests.v1',
  () => TraceField,
);

/**
 * The trace of a request, for code that has the raw request but lost the scope. Undefined where no middleware of ours
 * has seen it.
 */
export function getTrace(req: object): RequestTrace | undefined {
  return tracedRequests.traceIn(req);
}
