/** The context of OpenTelemetry, as traces use it: a trace and a step that begin within a span are below it. */

import {
  type AmbientContext,
  beforeJoining,
  type Caller,
  processWide,
  registerAmbientContext,
  registerStepFinder,
  type Step,
} from '@openlayer-tracing/core/integration';
import { RANDOM, SAMPLED } from '../dialects/data/trace-context.js';
import { checkApi } from './check-api.js';
import { delayedStarts } from './delayed-starts.js';
import { injectsHeaders } from './injected-headers.js';
import { activeSpan, contextOfSpan, type SpanContext } from './otel-api.js';
import type { ReadableSpan } from './readable-span.js';
import { nodeOf } from './span-tree.js';

interface Connection {
  /** Whether the context of OpenTelemetry is connected with traces. */
  isDone: boolean;
  /** The span that is being recorded as a trace of its own. It is not active yet. */
  startingRoot: object | undefined;
}

const connection = processWide<Connection>('otel-connection.v1', () => ({
  isDone: false,
  startingRoot: undefined,
}));

/** Connects the context of OpenTelemetry with traces, once per process. */
export function connectContext(): void {
  if (connection.isDone) return;
  connection.isDone = true;
  beforeJoining(() => delayedStarts.run());
  registerStepFinder(() => {
    delayedStarts.run();
    const span = activeSpan();
    return span && nodeOf(span)?.placed?.step;
  });
  registerAmbientContext(ambientSpan);
}

/**
 * Runs `fn`, in which a trace for the span begins: the span counts as the active one until `fn` returns.
 * @param span undefined if no trace begins
 */
export function whileStartingRoot<T>(span: object | undefined, fn: () => T): T {
  connection.startingRoot = span;
  try {
    return fn();
  } finally {
    connection.startingRoot = undefined;
  }
}

function ambientSpan(): AmbientContext | undefined {
  checkApi();
  const span = connection.startingRoot ?? activeSpan();
  // A server that was started within a span has it in the context of all its requests.
  if (span === undefined || (span as Partial<ReadableSpan>).ended === true) return undefined;
  const ids = contextOfSpan(span);
  return ids && new AmbientSpan(span, ids);
}

/** Reads only what is needed: the caller where a trace begins, the instrumentations where headers are sent. */
class AmbientSpan implements AmbientContext {
  readonly #span: object;
  readonly #ids: SpanContext;

  constructor(span: object, ids: SpanContext) {
    this.#span = span;
    this.#ids = ids;
  }

  get caller(): Caller {
    return callerOf(this.#ids);
  }

  get injectsHeaders(): boolean {
    return injectsHeaders();
  }

  traceBegan(root: object | undefined): void {
    nodeOf(this.#span)?.addRequest(root as Step | undefined);
  }
}

function callerOf(ids: SpanContext): Caller {
  const { traceId, spanId, traceFlags, traceState, isRemote = false } = ids;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return {
    traceId,
    spanId,
    isSampled: (traceFlags & SAMPLED) !== 0,
    isRandom: (traceFlags & RANDOM) !== 0,
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    tracestate: traceState?.serialize() || undefined,
    isRemote,
  };
}
