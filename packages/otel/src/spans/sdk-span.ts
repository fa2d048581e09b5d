/** A span of the app's SDK, as core records it. */

import type { SpanReport, SpanSource, StepUpdate } from '@openlayer-tracing/core/integration';
import { scopeText, stepOfSpan, typeOfKind } from '../dialects/step-of-span.js';
import { isOfModels, type Work, workOfSpan } from '../dialects/work-of-span.js';
import { contextOfSpan } from './otel-api.js';
import {
  charsOf,
  endOf,
  eventsOf,
  isBare,
  kindOf,
  measuredSpanOf,
  millis,
  type ReadableSpan,
  scopeOf,
} from './readable-span.js';

/**
 * Reads the span when something of it is needed. What it says does not change after its end: the SDKs copy the values of
 * attributes and ignore what is set later, and OpenTelemetry forbids processors to change an ended span.
 */
export class SdkSpan implements SpanSource {
  readonly #span: ReadableSpan;

  constructor(span: ReadableSpan) {
    this.#span = span;
  }

  get name(): string {
    return this.#span.name;
  }

  get scope(): string {
    return scopeOf(this.#span).name;
  }

  get startTime(): number {
    return millis(this.#span.startTime);
  }

  get endTime(): number {
    return endOf(this.#span);
  }

  get chars(): number {
    return charsOf(this.#span);
  }

  get work(): Work {
    const span = this.#span;
    const { attributes } = span;
    return workOfSpan({ kind: kindOf(span), attributes, events: eventsOf(span) });
  }

  get inputs(): unknown {
    const span = this.#span;
    return isOfModels(span.attributes) ? stepOfSpan(measuredSpanOf(span)).step.inputs : undefined;
  }

  report(): SpanReport {
    const span = this.#span;
    const ids = contextOfSpan(span);
    if (isBare(span)) return { type: typeOfKind(kindOf(span)), update: bareUpdate(span), ids };
    const { step, userId, sessionId, tags } = stepOfSpan(measuredSpanOf(span));
    const { type, startTime: _start, endTime: _end, metadata, ...fields } = step;
    const update = {
      ...fields,
      metadata: tags === undefined ? metadata : { ...metadata, tags },
    } as StepUpdate;
    return { type, update, ids, userId, sessionId };
  }
}

function bareUpdate(span: ReadableSpan): StepUpdate {
  const scope = scopeText(scopeOf(span));
  return { name: span.name, ...(scope !== undefined && { metadata: { scope } }) };
}
