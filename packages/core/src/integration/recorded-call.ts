/** A call of a client as a step: open while the client tries, streams or waits, and closed at the latest with its trace. */

import { startTimer, stopTimer, unref } from '../publish/delay.js';
import type { OpenCall } from '../trace/open-call.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { StepUpdate } from '../trace/step-types.js';
import type { Step } from '../trace/types.js';
import { numberIn } from '../trace/usage.js';
import type { StepType } from '../wire.js';
import { LateUse } from './late-use.js';
import { reportFailure } from './report.js';

/** A call that has begun to answer but is not read further does not hold up its settled trace for longer. */
const MAX_IDLE_MS = 1000;
/** Nor does one whose provider does not answer. */
const MAX_HELD_MS = 60_000;

/** What an integration knows of a call that has not ended. */
export interface CallProgress<T extends StepType> {
  /** The facts so far; asked when the trace ends before the call. */
  soFar?(): StepUpdate<T> | undefined;
  /** How much of the answer has come, in any unit that grows with it. */
  amount?(): number;
}

/** Its methods never throw. What comes after its end has no effect, but for another try. */
export class RecordedCall<T extends StepType = StepType> implements OpenCall {
  readonly step: Step<T>;
  /** Whether the next move is the provider's: it was asked, or asked for more. */
  isWaiting = false;
  /** Whether any of the answer was asked for. */
  isRead = false;
  readonly #step: RecordedStep<T>;
  readonly #progress: CallProgress<T>;
  readonly #startedMs: number;
  #isOpen = true;
  /** Lets the trace go that this call holds open. */
  #release: (() => void) | undefined;
  /** Where the client has left that the call is for. */
  #late: LateUse | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(step: RecordedStep<T>, progress: CallProgress<T>) {
    this.step = step;
    this.#step = step;
    this.#progress = progress;
    this.#startedMs = step.trace.elapsedMs();
    step.trace.recorder.spending?.callBegins();
    if (step.trace.outcome === 'aborted') this.#late = new LateUse(this.#startedMs, 0);
    this.#listen();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Milliseconds since its start. */
  get elapsedMs(): number {
    return this.#step.trace.elapsedMs() - this.#startedMs;
  }

  update(update: StepUpdate<T>): void {
    this.#step.merge(update);
  }

  end(update?: StepUpdate<T>): void {
    if (!this.#isOpen) return;
    if (update !== undefined) this.update(update);
    this.#close();
  }

  fail(error: unknown, update?: StepUpdate<T>): void {
    this.end({ ...update, error } as StepUpdate<T>);
  }

  /**
   * Fails, but may be tried again.
   * @param withinMs how long the client waits at most before it does; undefined where it will not
   */
  failTry(error: unknown, withinMs: number | undefined, update?: StepUpdate<T>): void {
    if (!this.#isOpen) return;
    // A trace of its own is published when its call ends: it has to wait for the next try.
    if (withinMs === undefined || this.#step.depth > 0) {
      this.fail(error, update);
      return;
    }
    this.update({ ...update, error } as StepUpdate<T>);
    this.isWaiting = false;
    this.#retry = this.#step.trace.scope.run(
      undefined,
      () => unref(startTimer(() => this.end(), withinMs)),
      undefined,
      undefined,
    );
  }

  /** Begins another try: what the one before it failed of is forgotten. */
  tryAgain(): void {
    stopTimer(this.#retry);
    if (!this.#step.trace.isOpen) return;
    this.#step.error = undefined;
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#step.reopen();
    this.#listen();
  }

  traceSettled(): void {
    try {
      const { trace } = this.#step;
      if (trace.outcome === 'aborted') {
        this.#late ??= new LateUse(trace.elapsedMs(), this.#progress.amount?.() ?? 0);
      }
      if (!this.isWaiting && !this.isRead) return;
      trace.waitUntil(
        new Promise<void>((resolve) => {
          this.#release = resolve;
        }),
      );
      trace.scope.run(
        undefined,
        () => this.#closeWhenIdle(trace.elapsedMs()),
        undefined,
        undefined,
      );
    } catch (error) {
      reportFailure('settle', error);
    }
  }

  tracePublished(): void {
    try {
      this.#tellSoFar();
      this.#markWhatCameLate();
      this.#stopListening();
    } catch (error) {
      reportFailure('publish', error);
    }
  }

  #listen(): void {
    const { trace } = this.#step;
    trace.calls ??= new Set();
    trace.calls.add(this);
  }

  #stopListening(): void {
    this.#isOpen = false;
    stopTimer(this.#retry);
    this.#step.trace.calls?.delete(this);
    this.#release?.();
    this.#release = undefined;
  }

  #close(): void {
    try {
      this.#markWhatCameLate();
    } catch (error) {
      reportFailure('end', error);
    }
    this.#stopListening();
    this.step.end();
  }

  #tellSoFar(): void {
    const soFar = this.#progress.soFar?.();
    if (soFar !== undefined) this.update(soFar);
  }

  /** Lets go of the settled trace when nobody moves any more. */
  #closeWhenIdle(settledMs: number, amountBefore = -1): void {
    const check = () => {
      try {
        if (this.#release === undefined) return;
        const amount = this.#progress.amount?.() ?? 0;
        const isIdle = !this.isWaiting && amount === amountBefore;
        const isOld = this.#step.trace.elapsedMs() - settledMs > MAX_HELD_MS;
        if (isIdle || isOld) this.#release();
        else this.#closeWhenIdle(settledMs, amount);
      } catch (error) {
        reportFailure('idle', error);
      }
    };
    unref(startTimer(check, MAX_IDLE_MS));
  }

  #markWhatCameLate(): void {
    if (this.#late === undefined) return;
    const step = this.#step as RecordedStep;
    const afterClientLeft = this.#late.of({
      startedMs: this.#startedMs,
      endedMs: step.trace.elapsedMs(),
      amount: this.#progress.amount?.() ?? 0,
      promptTokens: numberIn(step, 'promptTokens'),
      completionTokens: numberIn(step, 'completionTokens'),
    });
    step.mergeMetadata({ afterClientLeft });
  }
}
