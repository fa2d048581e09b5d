/** A tracer: where traces begin and end. Longer than other files, since all that a tracer consists of is put together here. */

import { isTopLevel, onSignal, timersLast } from '#platform';
import { type Config, resolveConfig } from './config/config.js';
import type { TracerOptions } from './config/tracer-options.js';
import { whyUnpublished } from './destination.js';
import { Diagnostics } from './diagnostics.js';
import { scopeOf } from './guarded-scope.js';
import { LONGEST_TIMER_MS, unref } from './publish/delay.js';
import { metricsText } from './publish/metrics-text.js';
import { Publishing } from './publish/publishing.js';
import type { QueuedRow } from './publish/row.js';
import type { Feedback, UpdateOptions, UpdateResult } from './publish/row-updater.js';
import { type RecordedScope, registerScope } from './scope.js';
import { EndedTraces } from './trace/ended-traces.js';
import { InertTrace } from './trace/inert.js';
import { type IdSpace, idSpaceOf, isInferenceId } from './trace/inference-id.js';
import { type Known, reportUnknown } from './trace/known-keys.js';
import { OpenTraces } from './trace/open-traces.js';
import { randomUuid } from './trace/random-id.js';
import { RecordedTrace } from './trace/recorded-trace.js';
import type { Recorder, TraceLimits } from './trace/recorder.js';
import { Redactor } from './trace/redact.js';
import { isKept } from './trace/sampling.js';
import { Snapshotter } from './trace/snapshot.js';
import { Spending } from './trace/spending.js';
import { stepName } from './trace/step-name.js';
import type { StartedTrace } from './trace/types.js';
import type { StartTraceOptions, Tracer, TracerStats } from './tracer-api.js';
import type { RowUpdateConfig } from './wire.js';

/**
 * A tracer of its own.
 * @throws ConfigError where an option cannot work
 */
export function createTracer(options: TracerOptions = {}): Tracer {
  return createTracerCore(options);
}

/** The same, as adapters see it. */
export function createTracerCore(options: TracerOptions): TracerCore {
  return new TracerCore(resolveConfig(options));
}

/** The tracer as adapters see it. */
export class TracerCore implements Tracer, Recorder {
  readonly scope: RecordedScope;
  readonly diagnostics: Diagnostics;
  readonly redactor: Redactor;
  readonly snapshotter: Snapshotter;
  readonly limits: TraceLimits;
  readonly isEnabled: boolean;
  /** Undefined where nothing outlives the process. */
  readonly answering: ((trace: RecordedTrace) => void) | undefined;
  readonly spending: Spending | undefined;
  readonly publishing: Publishing;
  /** In which request ids must differ: rows of one pipeline have one key. */
  readonly idSpace: IdSpace;
  readonly #config: Config;
  /** What takes back each way by which the process leads to this tracer; undefined while none does. */
  #holds: (() => void)[] | undefined;
  /** Whether another has taken its place as the process-wide one. */
  #isRetired = false;
  #isShutDown = false;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #open: OpenTraces;
  readonly #ended: EndedTraces;
  readonly #outside: (fn: () => void) => void;
  /** Traces that have ended and whose rows wait for facts that were promised. */
  readonly #promised = new Map<RecordedTrace, Promise<void>>();
  /** What is to be said of the environment with the first trace that is asked for. */
  #toSay: SettingsWarning | undefined;
  #shutdown: Promise<void> | undefined;
  #started = 0;
  #sampledOut = 0;

  constructor(config: Config) {
    this.#config = config;
    this.limits = config.limits;
    const { baseUrl, inferencePipelineId, transport } = config;
    this.idSpace = idSpaceOf(transport ?? `${baseUrl} ${inferencePipelineId}`);
    const replaced = (what: string, error: unknown) =>
      this.diagnostics.report('error', what, 'a logged value was replaced by a mark', error);
    this.redactor = new Redactor(config.redact, replaced);
    this.diagnostics = new Diagnostics({
      level: config.logLevel,
      onDiagnostic: config.onDiagnostic,
      redactor: this.redactor,
    });
    this.scope = scopeOf(config, this.diagnostics);
    const { pricing, onUsage, budget } = config;
    if (pricing !== undefined || onUsage !== undefined) {
      this.spending = new Spending({ pricing, onUsage, budget }, this.diagnostics);
    }
    const { maxValueChars } = config.limits;
    this.snapshotter = new Snapshotter(
      this.redactor,
      { maxChars: maxValueChars, maxDepth: 12, maxNodes: 10_000 },
      replaced,
    );
    const why = whyUnpublished(config);
    this.isEnabled = config.publish && why === undefined;
    this.#toSay = toSay(config, why);
    const outside = (fn: () => void) => this.scope.run(undefined, fn, undefined, undefined);
    this.#outside = outside;
    this.#open = new OpenTraces(outside);
    this.#ended = new EndedTraces({
      write: (trace) => this.#write(trace),
      outside,
    });
    this.publishing = new Publishing(config, {
      isEnabled: this.isEnabled,
      diagnostics: this.diagnostics,
      redactor: this.redactor,
      outside,
      beforeExit: () => this.#endAll(),
      flush: () => this.flush(),
    });
    this.answering = this.publishing.answering;
    this.#hold();
  }

  /** Has the process lead to this tracer: the free functions by its scope, and what runs at the process's end. */
  #hold(): void {
    const { scope, handleSignals } = this.#config;
    const holds = [this.publishing.holdExit()];
    if (scope !== undefined) holds.push(registerScope(scope, this.scope));
    if (handleSignals && !this.#isShutDown) {
      // An app that listens as well still has requests to end.
      holds.push(onSignal((isLast) => (isLast ? this.shutdown() : this.flush())));
    }
    this.#holds = holds;
  }

  /** Nothing of the process leads to this tracer any more, until a trace is opened. */
  #letGo(): void {
    try {
      this.publishing.release();
      for (const takeBack of this.#holds ?? []) takeBack();
      this.#holds = undefined;
    } catch (error) {
      this.diagnostics.report('error', 'internal_error', 'a tracer could not be let go', error);
    }
  }

  /** Whether no trace is to be published any more. */
  get #isQuiet(): boolean {
    return this.#open.size + this.#promised.size === 0;
  }

  /** Another has taken its place as the process-wide one: once all is delivered, the process holds it no longer. */
  retire(): void {
    this.#isRetired = true;
    this.publishing.retire();
    this.#restLater();
  }

  #restLater(): void {
    // Elsewhere a timer belongs to a request, and nothing of the process is held but the scope.
    if (!timersLast || this.#restTimer !== undefined || this.#isShutDown) return;
    this.#outside(() => {
      this.#restTimer = unref(setTimeout(() => this.#rest(), REST_MS));
    });
  }

  #rest(): void {
    this.#restTimer = undefined;
    try {
      const { queued, spooled, adopted } = this.publishing.stats();
      if (!this.#isQuiet || queued + spooled + adopted.spooled > 0) this.#restLater();
      else this.#letGo();
    } catch (error) {
      this.diagnostics.report('error', 'internal_error', 'a tracer could not rest', error);
    }
  }

  startTrace(options: string | StartTraceOptions): StartedTrace {
    try {
      return this.#startTrace(options);
    } catch (error) {
      this.diagnostics.report('error', 'internal_error', 'a trace could not be started', error);
      return new InertTrace();
    }
  }

  #startTrace(options: string | StartTraceOptions): StartedTrace {
    const settings: StartTraceOptions =
      typeof options === 'object' && options !== null ? options : { name: options };
    if (settings === options) reportUnknown(settings, OF_START, this.diagnostics);
    if (!this.admits()) return new InertTrace(settings.inferenceId);
    const { inferenceId, input, metadata } = settings;
    const id = isInferenceId(inferenceId) ? inferenceId : randomUuid();
    const trace = new RecordedTrace(this, stepName(settings.name, 'trace'), id);
    this.opened(trace);
    if (input !== undefined || metadata !== undefined) trace.update({ input, metadata });
    return trace;
  }

  /** Whether one more trace may be opened; where not, it is counted. */
  admits(): boolean {
    if (this.#toSay !== undefined) this.#saySettings(this.#toSay);
    if (!this.isEnabled) return false;
    if (isTopLevel()) {
      this.diagnostics.report(
        'warn',
        'top_level',
        'code at the top level of a Worker is not traced: there are no clocks and no random ids before a request',
      );
      return false;
    }
    if (this.#open.size < this.limits.maxOpenTraces) return true;
    this.#started++;
    this.publishing.ledger.drop('too_many_open', 1);
    this.diagnostics.report(
      'warn',
      'too_many_open',
      `${this.#open.size} traces are open; further requests are not traced until some of them end`,
    );
    return false;
  }

  /** What keeps this tracer from publishing, where anything but its own options does. */
  get whyUnpublished(): string | undefined {
    return this.isEnabled ? undefined : this.#toSay?.message;
  }

  #saySettings({ reason, message }: SettingsWarning): void {
    this.#toSay = undefined;
    this.diagnostics.report('warn', reason, message);
  }

  /** @param holdOpen has the platform wait until what is ours is done, where it waits for nothing else */
  opened(trace: RecordedTrace, holdOpen?: (work: Promise<void>) => void): void {
    this.#started++;
    if (this.#holds === undefined) this.#hold();
    if (this.#isRetired) this.#restLater();
    this.#open.add(trace);
    try {
      this.publishing.opened(trace);
    } catch (error) {
      trace.failed('journal', error);
    }
    if (holdOpen === undefined) return;
    try {
      holdOpen(
        new Promise((resolve) => {
          trace.letGo = resolve;
        }),
      );
    } catch (error) {
      trace.failed('waitUntil', error);
    }
  }

  /** A request that the sampling rate left out. */
  leftOut(): void {
    this.#started++;
    this.#sampledOut++;
  }

  published(trace: RecordedTrace): void {
    this.#open.delete(trace);
    this.#ended.add(trace);
  }

  /** Completes a trace that has ended. Where functions among the options have promised facts, its row waits for them. */
  #write(trace: RecordedTrace): void {
    try {
      trace.describe();
    } catch (error) {
      trace.failed('describe', error);
    }
    if (trace.promised === undefined || trace.promised.size === 0) this.#publishTrace(trace);
    else this.#outside(() => this.#promised.set(trace, this.#publishOnceTold(trace)));
  }

  async #publishOnceTold(trace: RecordedTrace): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = unref(setTimeout(resolve, LONGEST_PROMISE_MS));
    });
    await Promise.race([Promise.allSettled(trace.promised ?? []), late]);
    clearTimeout(timer);
    try {
      if (this.#promised.has(trace)) this.#publishPromised(trace);
    } catch (error) {
      trace.failed('publish', error);
    }
  }

  /** Makes the row of a trace without what is promised and not told yet. */
  #publishPromised(trace: RecordedTrace): void {
    this.#promised.delete(trace);
    if (trace.promised !== undefined && trace.promised.size > 0) {
      this.diagnostics.report(
        'warn',
        'option_too_late',
        'what a function among the options promised was not there when its trace had to be published; the row goes without it',
      );
    }
    this.#publishTrace(trace);
  }

  /** Hands a trace on to be published, or leaves it out. */
  #publishTrace(trace: RecordedTrace): void {
    const { publishing } = this;
    const { letGo } = trace;
    try {
      if (!isKept(trace)) {
        this.#sampledOut++;
        publishing.leave(trace);
        letGo?.();
      } else if (letGo === undefined) {
        publishing.add(trace);
      } else {
        publishing.addAlone(trace).then(letGo);
      }
    } catch (error) {
      letGo?.();
      publishing.ledger.drop('internal_error', 1);
      trace.failed('publish', error);
    }
    try {
      trace.forget();
    } catch (error) {
      trace.failed('forget', error);
    }
    if (this.#isShutDown && this.#isQuiet) this.#letGo();
  }

  flush(options?: DeadlineOptions): Promise<void> {
    this.#ended.writeAll();
    const deadlineMs = this.#deadlineMs(options, 'flush', 10_000);
    if (this.#promised.size === 0) return this.publishing.flush(deadlineMs);
    return this.#waitForPromised(deadlineMs).then((waitedMs) =>
      this.publishing.flush(deadlineMs - waitedMs),
    );
  }

  shutdown(options?: DeadlineOptions): Promise<void> {
    this.#shutdown ??= this.#end(this.#deadlineMs(options, 'shutdown', 5000)).then(() => {
      this.#isShutDown = true;
      clearTimeout(this.#restTimer);
      // A trace that is still open is kept at the end of the process, where there is a disk.
      if (this.#isQuiet) this.#letGo();
    });
    return this.#shutdown;
  }

  #deadlineMs(options: DeadlineOptions | undefined, taker: string, otherwise: number): number {
    try {
      if (options === undefined || options === null) return otherwise;
      reportUnknown(options, { taker, keys: DEADLINE }, this.diagnostics);
      const { deadlineMs = otherwise } = options;
      if (typeof deadlineMs === 'number' && deadlineMs >= 0) return deadlineMs;
    } catch {
      // A getter of the caller's threw.
    }
    this.diagnostics.report(
      'warn',
      'bad_input',
      `deadlineMs of ${taker} takes a number of milliseconds; it is ${otherwise}`,
    );
    return otherwise;
  }

  #end(deadlineMs: number): Promise<void> {
    this.#ended.writeAll();
    if (this.#promised.size === 0) return this.publishing.shutdown(deadlineMs);
    // What the platform takes needs time as well.
    return this.#waitForPromised(deadlineMs / 2).then((waitedMs) => {
      for (const trace of this.#promised.keys()) this.#publishPromised(trace);
      return this.publishing.shutdown(deadlineMs - waitedMs);
    });
  }

  /** Until the deadline it holds the process, since nothing else of ours does. @returns the milliseconds that it took */
  async #waitForPromised(deadlineMs: number): Promise<number> {
    const start = performance.now();
    let hold: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => {
      hold = setTimeout(resolve, Math.min(deadlineMs, LONGEST_TIMER_MS));
    });
    await Promise.race([Promise.allSettled(this.#promised.values()), deadline]);
    clearTimeout(hold);
    return Math.min(performance.now() - start, deadlineMs);
  }

  /** Nothing but synchronous work is possible any more. */
  #endAll(): void {
    for (const trace of this.#open) trace.interrupt();
    this.#ended.writeAll();
    for (const trace of this.#promised.keys()) this.#publishPromised(trace);
  }

  /** Has a row sent that another library could not deliver. @returns whether it is safe on disk */
  importRow(row: QueuedRow): boolean {
    const isSafe = this.publishing.importRow(row);
    if (isSafe) this.#started++;
    return isSafe;
  }

  metricsText(): string {
    return metricsText(this.stats(), this.publishing.times);
  }

  stats(): TracerStats {
    this.#ended.writeAll();
    return {
      started: this.#started,
      sampledOut: this.#sampledOut,
      open: this.#open.size + this.#promised.size,
      ...this.publishing.stats(),
    };
  }

  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.publishing.updates.update(inferenceId, row, config, options);
  }

  feedback(
    inferenceId: string,
    feedback: Feedback,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.publishing.updates.feedback(inferenceId, feedback, options);
  }
}

/** How often a tracer whose place was taken is looked at: whether all is delivered. */
const REST_MS = 1000;

/** A row waits no longer for what a function among the options promised. */
const LONGEST_PROMISE_MS = 10_000;

interface DeadlineOptions {
  readonly deadlineMs?: number | undefined;
}

/** The compiler holds the lists to be complete. */
const START: Readonly<Record<keyof StartTraceOptions, true>> = {
  name: true,
  inferenceId: true,
  input: true,
  metadata: true,
};
const OF_START: Known = { taker: 'startTrace', keys: new Set(Object.keys(START)) };
const DEADLINE: ReadonlySet<string> = new Set(['deadlineMs'] satisfies (keyof DeadlineOptions)[]);

interface SettingsWarning {
  readonly reason: 'not_configured' | 'bad_environment';
  readonly message: string;
}

function toSay(
  { publish, problems }: Config,
  why: string | undefined,
): SettingsWarning | undefined {
  if (why !== undefined) return { reason: 'not_configured', message: why };
  if (!publish || problems.length === 0) return undefined;
  return { reason: 'bad_environment', message: problems.map(({ message }) => message).join('; ') };
}
