/** A span of the app's SDK, as core records it. */

import type { SpanReport, SpanSource, StepUpdate } from '@openlayer-tracing/core/integration';
import { scopeText, stepOfSpan, typeOfKind } from '../dialects/to-step/step-of-span.js';
import { isOfModels, type Work, workOfSpan } from '../dialects/to-step/work-of-span.js';
import { contextOfSpan } from './otel-api.js';
import {
  charsOf,
  endOf,
  eventsOf,
  isBare,
  kindOf,
  linksOf,
  measuredSpanOf,
  millis,
  type ReadableSpan,
  type SpanContent,
  scopeOf,
} from './readable-span.js';

/**
 * Reads the span when something of it is needed. What an ended span says does not change: the SDKs ignore what is set later, and
 * its attributes, events and links are copied, since processors after this one may edit them, as OpenLLMetry's does.
 */
export class SdkSpan implements SpanSource {
  readonly #span: ReadableSpan;
  /** Of a span that goes on, the span itself: it may get more. */
  readonly #content: SpanContent;

  private constructor(span: ReadableSpan, content: SpanContent) {
    this.#span = span;
    this.#content = content;
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
    return charsOf(this.#content);
  }

  get work(): Work {
    const content = this.#content;
    const { attributes } = content;
    return workOfSpan({ kind: kindOf(this.#span), attributes, events: eventsOf(content) });
  }

  get inputs(): unknown {
    const content = this.#content;
    if (!isOfModels(content.attributes)) return undefined;
    return stepOfSpan(measuredSpanOf(this.#span, content)).step.inputs;
  }

  report(): SpanReport {
    const span = this.#span;
    const content = this.#content;
    const ids = contextOfSpan(span);
    if (isBare(span, content))
      return { type: typeOfKind(kindOf(span)), update: bareUpdate(span), ids };
    const { step, userId, sessionId, tags } = stepOfSpan(measuredSpanOf(span, content));
    const { type, startTime: _start, endTime: _end, metadata, ...fields } = step;
    const update = {
      ...fields,
      metadata: tags === undefined ? metadata : { ...metadata, tags },
    } as StepUpdate;
    return { type, update, ids, links: linksOf(content), userId, sessionId };
  }
}

function bareUpdate(span: ReadableSpan): StepUpdate {
  const scope = scopeText(scopeOf(span));
  return { name: span.name, ...(scope !== undefined && { metadata: { scope } }) };
}
