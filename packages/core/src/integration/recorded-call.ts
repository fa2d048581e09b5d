/** A call of a client as a step: open while the client tries, streams or waits, and closed at the latest with its trace. */

import { startTimer, stopTimer, unref } from '../publish/delay.js';
import { quote } from '../trace/json-text.js';
import type { OpenCall } from '../trace/open-call.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { StepUpdate } from '../trace/step-types.js';
import type { Step } from '../trace/types.js';
import { numberIn } from '../trace/usage.js';
import type { StepType } from '../wire.js';
import { LateUse } from './late-use.js';
import { reportFailure } from './report.js';

/** A call that has begun to answer but is not read further holds up its settled trace for so long. */
const MAX_IDLE_MS = 1000;
/** So long does one whose provider does not answer, or a run in which nothing happens. */
const MAX_STILL_MS = 60_000;

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
  /** Whether it is a run of an agent, a graph or a tool, which goes on without anybody reading what it returns. */
  goesOnByItself = false;
  /** Whether a settled trace waits for the end of the call, however long that takes, up to its own `maxAgeMs`. */
  keepsTraceOpen = false;
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
    if (!this.#isOpen) {
      // Its trace was published before it: this reports what is lost, and does nothing otherwise.
      this.step.end();
      return;
    }
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
    if (!this.#step.isLive) {
      this.#step.trace.cameLate(`another try of step ${quote(this.#step.name)}`);
      return;
    }
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
      if (this.isWaiting || this.isRead || this.goesOnByItself || this.keepsTraceOpen) this.#hold();
    } catch (error) {
      reportFailure('settle', error);
    }
  }

  tracePublished(): void {
    try {
      this.#tellSoFar();
      this.#markWhatCameLate();
      this.#stopListening();
      if (this.goesOnByItself || this.keepsTraceOpen) {
        this.#step.trace.cameLate(`the end of step ${quote(this.#step.name)}`);
      }
    } catch (error) {
      reportFailure('publish', error);
    }
  }

  #listen(): void {
    const { trace } = this.#step;
    trace.calls ??= new Set();
    trace.calls.add(this);
    // It begins where other work has kept the trace open, which may be over before this call is.
    if (trace.isSettled && trace.isOpen) this.#hold();
  }

  /** Keeps the settled trace open until the call ends, or stands still for too long. */
  #hold(): void {
    const { trace } = this.#step;
    trace.waitUntil(
      new Promise<void>((resolve) => {
        this.#release = resolve;
      }),
    );
    trace.scope.run(
      undefined,
      () => this.#closeWhenStill(this.#movement(), trace.elapsedMs()),
      undefined,
      undefined,
    );
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

  /** Lets go of the settled trace when nothing has moved for long enough. */
  #closeWhenStill(movement: number, movedMs: number): void {
    const check = () => {
      try {
        if (this.#release === undefined || this.keepsTraceOpen) return;
        const nowMs = this.#step.trace.elapsedMs();
        const now = this.#movement();
        if (now !== movement) this.#closeWhenStill(now, nowMs);
        else if (nowMs - movedMs >= this.#patienceMs) this.#release();
        else this.#closeWhenStill(movement, movedMs);
      } catch (error) {
        reportFailure('idle', error);
      }
    };
    unref(startTimer(check, MAX_IDLE_MS));
  }

  /** Grows with what has come of the answer, and with all that is recorded in the trace. */
  #movement(): number {
    return (this.#progress.amount?.() ?? 0) + this.#step.trace.revision;
  }

  get #patienceMs(): number {
    // Where the client has left, a run whose results nobody reads may never end.
    const isRunning = this.goesOnByItself && this.#step.trace.outcome !== 'aborted';
    return this.isWaiting || isRunning ? MAX_STILL_MS : MAX_IDLE_MS - 1;
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
