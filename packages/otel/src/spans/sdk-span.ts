/** A span of the app's SDK, as core records it. */

import type {
  SpanOrigin,
  SpanReport,
  SpanSource,
  StepUpdate,
} from '@openlayer-tracing/core/integration';
import { STATUS_NUMBERS } from '../dialects/data/span-data.js';
import { SAMPLED } from '../dialects/data/trace-context.js';
import { isException } from '../dialects/to-step/error-of-span.js';
import { scopeText, stepOfSpan } from '../dialects/to-step/step-of-span.js';
import { typeOfKind } from '../dialects/to-step/type-of-span.js';
import { isOfModels, type Work, workOfSpan } from '../dialects/to-step/work-of-span.js';
import { contextOfSpan } from './otel-api.js';
import {
  endOf,
  eventsOf,
  isBare,
  linksOf,
  measuredSpanOf,
  millis,
  type ReadableSpan,
  type SpanDetails,
  scopeOf,
  spanKindOf,
} from './readable-span.js';
import { charsOf } from './span-chars.js';

/**
 * Reads the span when something of it is needed. An ended span does not change: the SDKs ignore what is set later, and its
 * attributes, events and links are copied, since processors after this one may edit them, as OpenLLMetry's does.
 */
export class SdkSpan implements SpanSource {
  readonly #span: ReadableSpan;
  /** Of a span that has not ended, the span itself: it may get more. */
  readonly #details: SpanDetails;

  private constructor(span: ReadableSpan, details: SpanDetails) {
    this.#span = span;
    this.#details = details;
  }

  static started(span: ReadableSpan): SdkSpan {
    return new SdkSpan(span, span);
  }

  static ended(span: ReadableSpan): SdkSpan {
    const { attributes, events, links } = span;
    return new SdkSpan(span, {
      attributes: { ...attributes },
      events: [...events],
      links: links && [...links],
    });
  }

  get name(): string {
    return this.#span.name;
  }

  get instrumentation(): string {
    return scopeOf(this.#span).name;
  }

  get startTime(): number {
    return millis(this.#span.startTime);
  }

  get endTime(): number {
    return endOf(this.#span);
  }

  get chars(): number {
    return charsOf(this.#details);
  }

  get work(): Work {
    const details = this.#details;
    const { attributes } = details;
    return workOfSpan({ kind: spanKindOf(this.#span), attributes, events: eventsOf(details) });
  }

  get inputs(): unknown {
    const details = this.#details;
    if (!isOfModels(details.attributes)) return undefined;
    return stepOfSpan(measuredSpanOf(this.#span, details)).step.inputs;
  }

  get origin(): SpanOrigin | undefined {
    const span = this.#span;
    const ids = contextOfSpan(span);
    if (ids === undefined) return undefined;
    const { traceId, spanId, traceFlags } = ids;
    const { attributes, events } = this.#details;
    const errorType = attributes['error.type'];
    return {
      traceId,
      spanId,
      isSampled: (traceFlags & SAMPLED) !== 0,
      kind: spanKindOf(span),
      isOk: span.status.code === STATUS_NUMBERS.ok,
      hasException: events.some(isException),
      errorType: typeof errorType === 'string' ? errorType : undefined,
      links: linksOf(this.#details),
    };
  }

  report(): SpanReport {
    const span = this.#span;
    const details = this.#details;
    if (isBare(span, details))
      return { type: typeOfKind(spanKindOf(span)), update: bareUpdate(span) };
    const { step, userId, sessionId, tags } = stepOfSpan(measuredSpanOf(span, details));
    const { type, startTime: _start, endTime: _end, metadata, ...fields } = step;
    const update = {
      ...fields,
      metadata: tags === undefined ? metadata : { ...metadata, tags },
    } as StepUpdate;
    return { type, update, userId, sessionId };
  }
}

function bareUpdate(span: ReadableSpan): StepUpdate {
  const scope = scopeText(scopeOf(span));
  return { name: span.name, ...(scope !== undefined && { metadata: { scope } }) };
}
