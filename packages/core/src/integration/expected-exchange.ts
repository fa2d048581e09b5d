/**
 * Exchanges with models that a framework records as calls of its own. The client that it asks may be traced as well: what
 * that one sends is recognised here, and recorded once.
 */

import { processWide } from '../process-wide.js';
import { currentRecordedStep } from '../scope.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { StepType } from '../wire.js';
import type { RecordedCall } from './recorded-call.js';

/** How an exchange is recognised where it is not made in the scope of the framework's step. */
export interface AskedFor {
  readonly model: string | undefined;
  /** The last text that the model is told. */
  readonly said: string | undefined;
}

export interface ExpectedExchange {
  /** It failed, and may be made again. */
  giveBack(): void;
}

const MAX_DEPTH = 16;

class Expected implements ExpectedExchange {
  readonly call: RecordedCall;
  readonly #asked: AskedFor | undefined;
  /** The trace in whose scope it was announced; undefined outside of any. */
  readonly #trace: RecordedTrace | undefined;
  #isSent = false;

  constructor(call: RecordedCall, asked: AskedFor | undefined) {
    this.call = call;
    this.#asked = asked;
    this.#trace = currentRecordedStep()?.trace;
  }

  /** Each stands for one exchange at a time: of two that look alike, the other is recorded. */
  takes(current: RecordedStep | undefined, model: string | undefined, content: unknown): boolean {
    const { step } = this.call as unknown as { readonly step: RecordedStep };
    if (step === current) return true;
    const trace = current?.trace;
    if (this.#asked === undefined || this.#isSent) return false;
    if (trace !== this.#trace && trace !== step.trace) return false;
    this.#isSent = isSame(this.#asked, model, content);
    return this.#isSent;
  }

  giveBack(): void {
    this.#isSent = false;
  }
}

const expected = processWide('expected-exchanges.v1', () => new Set<Expected>());

/**
 * Announces what a framework is about to ask.
 * @param asked undefined where the exchange is made in the scope of the call's step
 */
export function expectExchange<T extends StepType>(call: RecordedCall<T>, asked?: AskedFor): void {
  forgetEnded();
  expected.add(new Expected(call as unknown as RecordedCall, asked));
}

/** The exchange that a framework records already; undefined where it is a client's own. */
export function expectedExchange(
  model: string | undefined,
  content: unknown,
): ExpectedExchange | undefined {
  if (expected.size === 0) return undefined;
  forgetEnded();
  const current = currentRecordedStep();
  for (const each of expected) if (each.takes(current, model, content)) return each;
  return undefined;
}

function forgetEnded(): void {
  for (const each of expected) if (!each.call.isOpen) expected.delete(each);
}

function isSame(asked: AskedFor, model: string | undefined, content: unknown): boolean {
  const isOther = asked.model !== undefined && model !== undefined && asked.model !== model;
  if (isOther) return false;
  const said = asked.said?.trim();
  return said ? holds(content, said) : asked.model !== undefined && asked.model === model;
}

/** Whether one of the texts within the value is this one. */
function holds(value: unknown, text: string, depth = 0): boolean {
  if (typeof value === 'string') return value.length >= text.length && value.trim() === text;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  if (ArrayBuffer.isView(value)) return false;
  return Object.values(value).some((each) => holds(each, text, depth + 1));
}
