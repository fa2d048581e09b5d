/** Which trace a request has, for all installed copies of this package. */

import { fieldsMayBeSlow } from '#platform';
import { processWide } from '../../platform/process-wide.js';
import type { RequestTrace } from '../../trace/model/trace-api.js';
import { InnerRequestTrace } from './inner-request-trace.js';
import { RecordedRequestTrace } from './recorded-request-trace.js';

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

/** The trace itself if it is a recorded one of a request and still open. Never throws. */
export function openRequestTrace(trace: object | undefined): RecordedRequestTrace | undefined {
  return trace instanceof RecordedRequestTrace && trace.isOpen ? trace : undefined;
}

/** The open trace of a request; undefined without one. Never throws. */
export function openTraceOf(req: object): RecordedRequestTrace | undefined {
  try {
    return openRequestTrace(getTrace(req));
  } catch {
    // The value is not an object.
    return undefined;
  }
}

/** The request that a handler has made within the process; undefined for any other. Never throws. */
export function innerTraceOf(req: object): InnerRequestTrace | undefined {
  try {
    const trace = getTrace(req);
    return trace instanceof InnerRequestTrace ? trace : undefined;
  } catch {
    // The value is not an object.
    return undefined;
  }
}

/** Records an error that a framework handles, unless the request's trace has one. Never throws. */
export function recordRequestError(req: object, error: unknown): void {
  let trace: RecordedRequestTrace | InnerRequestTrace | undefined;
  try {
    const ofRequest = getTrace(req);
    if (ofRequest instanceof InnerRequestTrace) {
      trace = ofRequest;
      trace.recordFirstError(error);
      return;
    }
    if (!(ofRequest instanceof RecordedRequestTrace)) return;
    trace = ofRequest;
    trace.recordAppError(error);
  } catch (failure) {
    trace?.reportFailure('error', failure);
  }
}
