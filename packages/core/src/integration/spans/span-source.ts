/** What the tracing library gives of a span. */

import type { StepUpdate } from '../../trace/model/step-types.js';
import type { StepType } from '../../wire.js';
import type { CallFacts } from '../once/shared-call.js';
import type { SpanOrigin } from './span-origin.js';

/** A span, which is read as late as possible. */
export interface SpanSource {
  readonly name: string;
  /** The name of the instrumentation that made the span. */
  readonly instrumentation: string;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number;
  /** Characters of what the span holds, approximately. */
  readonly chars: number;
  /** What kind of work it is, as far as that is known now. */
  readonly work: SpanWork;
  /** The inputs, as far as they are known now. */
  readonly inputs: unknown;
  /** Undefined if the span has no valid ids. */
  readonly origin: SpanOrigin | undefined;
  /** All that is known of the span. Of an ended span this does not change. */
  report(): SpanReport;
}

/** What kind of work a span stands for. */
export interface SpanWork {
  readonly type: StepType;
  /** The model, if it is a call of one. */
  readonly model: string | undefined;
}

/** The step's type and values, as read from the span. */
export interface SpanReport {
  readonly type: StepType;
  readonly update: StepUpdate;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** What identifies the model call of a span. */
export class SpanFacts implements CallFacts {
  readonly type: StepType;
  readonly model: string | undefined;
  readonly #span: SpanSource;

  constructor(span: SpanSource, { type, model }: SpanWork) {
    this.type = type;
    this.model = model;
    this.#span = span;
  }

  get inputs(): unknown {
    return this.#span.inputs;
  }
}
