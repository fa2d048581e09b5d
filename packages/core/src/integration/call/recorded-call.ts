/**
 * A client's call as a step. It stays open while the client retries, reads a stream or waits for the provider, and ends with
 * its trace at the latest.
 */

import { startTimer, stopTimer, type Timer, unref } from '../../platform/timers.js';
import { numberIn, textIn } from '../../trace/model/field-values.js';
import { isModelCall } from '../../trace/model/step-fields.js';
import type { StepUpdate } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/trace-api.js';
import type { OpenCall } from '../../trace/open-calls.js';
import type { TracedStep } from '../../trace/traced-step.js';
import type { Billing, RecordedUsage } from '../../trace/usage/pricing.js';
import { laterCounts, type TokenCounts } from '../../trace/usage/token-counts.js';
import { definedFields } from '../../values/json/json-fields.js';
import { quote } from '../../values/json/json-text.js';
import type { StepType } from '../../wire.js';
import { reportFailure } from '../report/integration-diagnostics.js';
import { type TokenFields, tokenFields } from './token-fields.js';

/** How long a settled trace waits for a call whose response is no longer read. */
const MAX_IDLE_MS = 1000;
/** How long a settled trace waits for a call whose provider sends nothing, or for a run without any progress. */
const MAX_WAIT_MS = 60_000;

/** Keys of the metadata that say how an attempt ended: those of a failed attempt are not those of its retry. */
const KEYS_OF_END = ['ended', 'partial', 'status'];

/** Reads the progress of a call that has not ended. */
export interface CallProgress<T extends StepType> {
  /** The values so far; called when the trace ends before the call. */
  soFar?(): StepUpdate<T> | undefined;
  /** How much of the response has been received, in any unit that increases with it. */
  amount?(): number;
  /**
   * For a run of an agent: the name of the OpenTelemetry instrumentation that makes spans of the same run. If the app uses it too,
   * these spans are not recorded a second time. Pass the name to `expectRuns` first.
   */
  readonly observedBy?: string;
}

/**
 * A client's call. Its methods never throw. Updates are recorded until the trace ends.
 *
 * When the request's trace settles while the call is open, the trace waits for the call:
 * - up to 60 seconds without progress while the provider has to send something (`startWaiting`), or while the call runs in the
 *   background (`startBackgroundWork`);
 * - up to `maxAgeMs` if the call holds the trace (`holdTrace`);
 * - one second without progress if its response has been read from (`markRead`);
 * - not at all otherwise.
 */
export class RecordedCall<T extends StepType = StepType> implements OpenCall {
  #isWaiting = false;
  /** Number of times that the call has waited for the provider. */
  #waits = 0;
  #isRead = false;
  #isBackgroundWork = false;
  #holdsTrace = false;
  readonly #step: TracedStep<T>;
  readonly #progress: CallProgress<T>;
  readonly #startedMs: number;
  #isOpen = true;
  /** Ends the wait of a settled trace for this call. */
  #release: (() => void) | undefined;
  /** Set if the client of the trace's request left before the end of the call. */
  #afterAbort: UsageAfterAbort | undefined;
  #retry: Timer | undefined;
  #requestModel: string | undefined;

  constructor(step: TracedStep<T>, progress: CallProgress<T>) {
    this.#step = step;
    this.#progress = progress;
    this.#startedMs = step.trace.elapsedMs();
    step.trace.recorder.costs?.callStarted();
    if (step.trace.outcome === 'aborted') {
      this.#afterAbort = new UsageAfterAbort(this.#startedMs, 0);
    }
    this.#attach();
  }

  /** The step of the call. */
  get step(): Step<T> {
    return this.#step;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get received(): number {
    try {
      return this.#amount + this.#waits;
    } catch (error) {
      reportFailure('amount', error);
      return 0;
    }
  }

  /** Whether the trace of the call is open: if not, `retry` and updates have no effect. */
  get isTraceOpen(): boolean {
    return this.#step.isLive;
  }

  /** Whether the provider has to send something before the call can go on. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether the consumer has begun to read the response. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** The client has sent a request, or asked for more of the response: the provider has to send something. */
  startWaiting(): void {
    this.#isWaiting = true;
  }

  /** The provider has sent something, or failed. */
  stopWaiting(): void {
    if (this.#isWaiting) this.#waits++;
    this.#isWaiting = false;
  }

  /** The consumer has begun to read the response. */
  markRead(): void {
    this.#isRead = true;
  }

  /** The call continues even if nobody reads its result, as a run of an agent, a graph or a tool does. */
  startBackgroundWork(): void {
    this.#isBackgroundWork = true;
  }

  /** From now on the call continues only while somebody reads its result. */
  stopBackgroundWork(): void {
    this.#isBackgroundWork = false;
  }

  /** Makes a settled trace wait for the end of the call, up to `maxAgeMs`. */
  holdTrace(): void {
    this.#holdsTrace = true;
  }

  /** Milliseconds since the start of the call. */
  get elapsedMs(): number {
    return this.#step.trace.elapsedMs() - this.#startedMs;
  }

  /** Merges values into the step, and keeps all token counts if `tokenFields` made them. */
  update(update: StepUpdate<T>): void {
    this.#keepRequestModel(update);
    const { tokenCounts } = update as Partial<TokenFields>;
    if (tokenCounts === undefined) {
      this.#step.merge(update);
      return;
    }
    const tokens = laterCounts(this.#step.recordedUsage?.tokens, tokenCounts) ?? tokenCounts;
    this.#step.merge({ ...update, ...tokenFields(tokens) });
    this.#setUsage({ factors: {}, ...this.#step.recordedUsage, tokens });
  }

  /** The response may name another model than the request, such as its version: the metadata keep the one of the request. */
  #keepRequestModel(update: StepUpdate<T>): void {
    const { model } = update as { readonly model?: unknown };
    if (typeof model !== 'string') return;
    this.#requestModel ??= textIn(this.#step, 'model');
    const requestModel = this.#requestModel;
    if (requestModel === undefined || requestModel === model) return;
    this.#step.merge({ metadata: { requestModel } } as StepUpdate<T>);
  }

  /**
   * Moves the start of the step back, for work that is reported only after it started.
   * @param epochMs as of `Date.now()`
   */
  moveStartTo(epochMs: number): void {
    const { trace } = this.#step;
    const ms = epochMs - trace.startedAt;
    if (trace.isOpen && ms >= 0) this.#step.moveStartBack(ms);
  }

  /**
   * Merges what the price depends on besides tokens. At the end of the call it becomes `metadata.billed`; `statedCost` becomes
   * the cost of the step.
   * @param parts the calls that the step stands for, if they are several
   */
  addBilling(billing: Billing, parts = this.#step.recordedUsage?.parts): void {
    const more = definedFields({ ...billing });
    if (Object.keys(more).length === 0 && parts === undefined) return;
    const { tokens, factors: known, ...others } = this.#step.recordedUsage ?? {};
    this.#setUsage({
      ...others,
      tokens,
      factors: { ...known, ...more },
      ...(parts !== undefined && { parts }),
    });
  }

  /**
   * The response has only accepted the work, whose result is recorded as another call when the app fetches it.
   * @param isResultRecorded whether it has been recorded; from then on, this call is not billed
   */
  expectResult(isResultRecorded: () => boolean): void {
    const { tokens, factors = {}, ...others } = this.#step.recordedUsage ?? {};
    this.#setUsage({ ...others, tokens, factors, isBilledWithResult: isResultRecorded });
  }

  /** Ends the call. */
  end(update?: StepUpdate<T>): void {
    if (!this.#isOpen) {
      // If the trace has ended, this reports `too_late`; otherwise it has no effect.
      this.#step.end();
      return;
    }
    if (update !== undefined) this.update(update);
    this.#recordBilled();
    this.#close();
  }

  /** Ends the call but not its step, which another call records too. */
  leave(): void {
    if (this.#isOpen) this.#detach();
  }

  /** Ends the call with an error. */
  fail(error: unknown, update?: StepUpdate<T>): void {
    this.end({ ...update, error } as StepUpdate<T>);
  }

  /**
   * Records a failed attempt after which the client may retry.
   * @param withinMs longest wait of the client before the retry; undefined if it does not retry
   */
  failAttempt(error: unknown, withinMs: number | undefined, update?: StepUpdate<T>): void {
    if (!this.#isOpen) return;
    // A call that is a trace of its own must not end now: its trace would end with it.
    if (withinMs === undefined || this.#step.depth > 0) {
      this.fail(error, update);
      return;
    }
    this.update({ ...update, error } as StepUpdate<T>);
    this.#isWaiting = false;
    this.#retry = this.#step.trace.runInScope(undefined, () =>
      unref(startTimer(() => this.end(), withinMs)),
    );
  }

  /** Starts a retry: clears the error and the end of the former attempt, and opens a call that has ended again. */
  retry(): void {
    stopTimer(this.#retry);
    if (!this.#step.isLive) {
      this.#step.trace.reportTooLate(`a retry of step ${quote(this.#step.name)}`);
      return;
    }
    this.#step.reopen();
    for (const key of KEYS_OF_END) this.#step.metadata?.deleteMember(key);
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#attach();
  }

  traceSettled(): void {
    try {
      const { trace } = this.#step;
      if (trace.outcome === 'aborted') {
        this.#afterAbort ??= new UsageAfterAbort(trace.elapsedMs(), this.#amount);
      }
      const isActive = this.#isWaiting || this.#isRead || this.#isBackgroundWork;
      if (isActive || this.#holdsTrace) this.#keepTraceOpen();
    } catch (error) {
      reportFailure('settle', error);
    }
  }

  traceEnding(): void {
    try {
      this.#updateFromProgress();
      this.#recordUsageAfterAbort();
      this.#detach();
      if (this.#isBackgroundWork || this.#holdsTrace) {
        this.#step.trace.reportTooLate(`the end of step ${quote(this.#step.name)}`);
      }
    } catch (error) {
      reportFailure('end of the trace', error);
    }
  }

  get #amount(): number {
    return this.#progress.amount?.() ?? 0;
  }

  #setUsage(usage: RecordedUsage): void {
    const step = this.#step;
    if (!step.isLive) return;
    step.setRecordedUsage(usage);
    const { statedCost } = usage.factors;
    if (statedCost !== undefined && isModelCall(step.type)) {
      step.merge({ cost: statedCost } as StepUpdate<T>);
    }
    if (!this.#isOpen) this.#recordBilled();
  }

  #recordBilled(): void {
    const step = this.#step;
    const { recordedUsage } = step;
    if (recordedUsage === undefined) return;
    const { tokens } = recordedUsage;
    const billed = shownBilling(recordedUsage);
    const isThought =
      (tokens?.reasoning ?? 0) > 0 && step.metadata?.has('reasoningTokens') !== true;
    if (billed === undefined && !isThought) return;
    const metadata = {
      ...(isThought && { reasoningTokens: tokens?.reasoning }),
      ...(billed !== undefined && { billed }),
    };
    step.merge({ metadata } as StepUpdate<T>);
  }

  #attach(): void {
    const { trace } = this.#step;
    trace.addCall(this);
    // The trace has settled but other work keeps it open, which may end before this call.
    if (trace.isSettled && trace.isOpen) this.#keepTraceOpen();
  }

  /** Keeps the settled trace open until the call ends or makes no progress for too long. */
  #keepTraceOpen(): void {
    const { trace } = this.#step;
    trace.waitUntil(
      new Promise<void>((resolve) => {
        this.#release = resolve;
      }),
    );
    trace.runInScope(undefined, () =>
      this.#releaseWhenIdle(this.#progressCount(), trace.elapsedMs()),
    );
  }

  #detach(): void {
    this.#isOpen = false;
    stopTimer(this.#retry);
    this.#step.trace.removeCall(this);
    this.#release?.();
    this.#release = undefined;
  }

  #close(): void {
    try {
      this.#recordUsageAfterAbort();
    } catch (error) {
      reportFailure('end', error);
    }
    this.#detach();
    this.#step.end();
  }

  #updateFromProgress(): void {
    const soFar = this.#progress.soFar?.();
    if (soFar !== undefined) this.update(soFar);
    this.#recordBilled();
  }

  /** Ends the wait of the settled trace when the call has made no progress for long enough. */
  #releaseWhenIdle(count: number, changedMs: number): void {
    const check = () => {
      try {
        if (this.#release === undefined || this.#holdsTrace) return;
        const nowMs = this.#step.trace.elapsedMs();
        const now = this.#progressCount();
        if (now !== count) this.#releaseWhenIdle(now, nowMs);
        else if (nowMs - changedMs >= this.#maxIdleMs) this.#release();
        else this.#releaseWhenIdle(count, changedMs);
      } catch (error) {
        reportFailure('idle', error);
      }
    };
    unref(startTimer(check, MAX_IDLE_MS));
  }

  /** Increases with what is received of the response, and with each change of the trace. */
  #progressCount(): number {
    return this.#amount + this.#step.trace.revision;
  }

  get #maxIdleMs(): number {
    // After the client left, a run whose result nobody reads may never end.
    const isRunning = this.#isBackgroundWork && this.#step.trace.outcome !== 'aborted';
    return this.#isWaiting || isRunning ? MAX_WAIT_MS : MAX_IDLE_MS - 1;
  }

  #recordUsageAfterAbort(): void {
    if (this.#afterAbort === undefined) return;
    const step = this.#step;
    step.trace.recordDeferred();
    const afterClientLeft = this.#afterAbort.of({
      startedMs: this.#startedMs,
      endedMs: step.trace.elapsedMs(),
      amount: this.#amount,
      promptTokens: numberIn(step, 'promptTokens'),
      completionTokens: numberIn(step, 'completionTokens'),
    });
    step.mergeMetadata({ afterClientLeft });
  }
}

/** The step of a call, with the members that only core uses. */
export function stepOfCall({ step }: { readonly step: unknown }): TracedStep {
  // `RecordedCall` is made of a recorded step, which its public type does not show.
  return step as TracedStep;
}

/** Token counts that no field of a step shows. */
const DETAILED_PARTS = [
  'cacheCreationHour',
  'imageInput',
  'videoInput',
  'cachedAudio',
  'cachedImage',
  'imageOutput',
  'videoOutput',
  'citation',
] as const satisfies readonly (keyof TokenCounts)[];

/** The value of `metadata.billed`; undefined if there is nothing to show. */
function shownBilling({ tokens, factors }: RecordedUsage): Record<string, unknown> | undefined {
  const detailed = DETAILED_PARTS.filter((part) => (tokens?.[part] ?? 0) > 0);
  const shown: Record<string, unknown> = definedFields({ ...factors });
  if (detailed.length > 0) {
    shown.tokens = Object.fromEntries(detailed.map((part) => [part, tokens?.[part]]));
  }
  return Object.keys(shown).length > 0 ? shown : undefined;
}

/** Estimates what a model call used after the client of its request had left. */
class UsageAfterAbort {
  readonly #leftMs: number;
  readonly #amountAtLeave: number;

  /**
   * @param leftMs when the client left, in milliseconds after the trace's start
   * @param amountAtLeave how much of the response had been received by then
   */
  constructor(leftMs: number, amountAtLeave: number) {
    this.#leftMs = leftMs;
    this.#amountAtLeave = amountAtLeave;
  }

  /** The value of `metadata.afterClientLeft` of the call's step. */
  of(call: CallUse): Readonly<Record<string, unknown>> {
    const { promptTokens, completionTokens } = call;
    const latencyMs = Math.round(call.endedMs - this.#leftMs);
    if (this.#leftMs <= call.startedMs) {
      return {
        latencyMs,
        ...(promptTokens !== undefined && { promptTokens }),
        ...(completionTokens !== undefined && { completionTokens }),
      };
    }
    if (completionTokens === undefined) return { latencyMs };
    const share = call.amount > 0 ? 1 - this.#amountAtLeave / call.amount : 1;
    return {
      latencyMs,
      completionTokens: Math.round(completionTokens * share),
      // Providers do not report the tokens of each chunk.
      ...(this.#amountAtLeave > 0 && { isEstimate: true }),
    };
  }
}

/** What a call had used when it ended. Times are milliseconds after the trace's start. */
interface CallUse {
  readonly startedMs: number;
  readonly endedMs: number;
  /** How much of the response has been received, in any unit that increases with it. */
  readonly amount: number;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
}
