/** The tracer: starts traces, takes them when they end, and owns everything that publishes them. */

import { atTurnEnd, isTopLevel, onSignal, timersOutliveRequests } from '#platform';
import { isOnThisMachine } from '../config/base-url.js';
import { ConfigError } from '../config/checks.js';
import { type Config, resolveConfig } from '../config/config.js';
import {
  isEnabledBy,
  missingSettingsMessage,
  whyRowsCannotBeUpdated,
} from '../config/publishing-state.js';
import type { TracerOptions } from '../config/tracer-options.js';
import { Diagnostics } from '../diagnostics/diagnostics.js';
import { randomUuid } from '../platform/random-id.js';
import { startTimer, stopTimer, type Timer, unref } from '../platform/timers.js';
import { OpenlayerApi } from '../publish/openlayer/openlayer-api.js';
import { publishingClient } from '../publish/openlayer/publishing-client.js';
import { statsHeader } from '../publish/openlayer/stats-header.js';
import type { QueuedRow } from '../publish/row/queued-row.js';
import { stepName } from '../trace/content/step-name.js';
import { type IdSpace, idSpaceOf, isInferenceId } from '../trace/ids/inference-id.js';
import { InertTrace } from '../trace/inert.js';
import { type KnownKeys, reportUnknownKeys } from '../trace/model/known-keys.js';
import type { StartedTrace } from '../trace/model/trace-api.js';
import type { TraceLimits } from '../trace/model/trace-limits.js';
import { RecordedTrace, type Recorder } from '../trace/recorded-trace.js';
import { scopeOf } from '../trace/scope/guarded-scope.js';
import { registerScope, runOnceInScope, type StepScope } from '../trace/scope/scope.js';
import { CostTracker } from '../trace/usage/cost-tracker.js';
import { Redactor } from '../values/redaction/redactor.js';
import { Snapshotter } from '../values/snapshot/snapshotter.js';
import type { RowUpdateConfig } from '../wire.js';
import { metricsText } from './api/metrics-text.js';
import type { StartTraceOptions, Tracer, TracerStats } from './api/tracer-api.js';
import { Destinations } from './destinations/destinations.js';
import { EndedTraces } from './ended/ended-traces.js';
import { OpenTraces } from './open-traces.js';
import type { Feedback, UpdateOptions, UpdateResult } from './row-updates/row-update.js';
import { RowUpdater } from './row-updates/row-updater.js';

/**
 * Creates a tracer with its own options, queue and connections, besides the process-wide one.
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const evaluations = createTracer({ inferencePipelineId: process.env.EVALUATION_PIPELINE_ID });
 * app.use('/evaluations', openlayerTracing({ tracer: evaluations }));
 */
export function createTracer(options: TracerOptions = {}): Tracer {
  return createTracerCore(options);
}

/**
 * Creates a tracer, with the type that adapters use.
 * @param functionName the function that the app called with the options
 * @throws ConfigError if an option is wrong
 */
export function createTracerCore(options: TracerOptions, functionName?: string): TracerCore {
  return new TracerCore(resolveConfig(options, undefined, functionName));
}

/** The tracer with the members that adapters use. @throws ConfigError unless it comes from `createTracer()` or `getTracer()` */
export function asCore(tracer: Tracer): TracerCore {
  if (!('admit' in tracer))
    throw new ConfigError('tracer must come from createTracer() or getTracer()');
  return tracer as TracerCore;
}

/** The tracer with the members that adapters and traces use. */
export class TracerCore implements Tracer, Recorder {
  readonly scope: StepScope;
  readonly diagnostics: Diagnostics;
  readonly redactor: Redactor;
  readonly snapshotter: Snapshotter;
  readonly limits: TraceLimits;
  readonly isEnabled: boolean;
  /** Undefined unless a spool writes ahead. */
  readonly writeAhead: ((trace: RecordedTrace) => void) | undefined;
  readonly costs: CostTracker | undefined;
  readonly destinations: Destinations;
  /** Within which inference IDs must be distinct: the rows of one pipeline. */
  readonly idSpace: IdSpace;
  readonly #rowUpdater: RowUpdater;
  readonly #config: Config;
  /** Functions that remove the tracer's process-wide registrations; undefined if it has none. */
  #registrations: (() => void)[] | undefined;
  /** Whether another tracer has replaced it as the process-wide one. */
  #isRetired = false;
  #isShutDown = false;
  #checkTimer: Timer | undefined;
  readonly #open: OpenTraces;
  readonly #ended: EndedTraces;
  readonly #runDetached: (fn: () => void) => void;
  /** A warning about missing or wrong settings, reported when the first trace is started. */
  readonly #warning: SettingsWarning | undefined;
  /** Whether the warning has been reported. */
  #isWarned = false;
  #shuttingDown: Promise<void> | undefined;
  /** Resolves when the traces that end soon have ended; undefined if there are none. */
  #whenEnded: Promise<void> | undefined;
  #started = 0;
  /** Number of requests that the sampling rate left out. */
  #sampledOut = 0;

  constructor(config: Config) {
    this.#config = config;
    this.limits = config.limits;
    const { baseUrl, inferencePipelineId, transport } = config;
    this.idSpace = idSpaceOf(transport ?? `${baseUrl} ${inferencePipelineId}`);
    const reportReplaced = (reason: 'redaction_failed' | 'snapshot_failed', error: unknown) =>
      this.diagnostics.report('error', reason, 'a logged value was replaced by a mark', error);
    this.redactor = new Redactor(config.redact, reportReplaced);
    this.diagnostics = new Diagnostics({
      level: config.logLevel,
      onDiagnostic: config.onDiagnostic,
      redactor: this.redactor,
    });
    this.scope = scopeOf(config, this.diagnostics);
    const { pricing, onUsage, budget } = config;
    if (pricing !== undefined || onUsage !== undefined) {
      this.costs = new CostTracker({ pricing, onUsage, budget }, this.diagnostics);
    }
    const { maxValueChars } = config.limits;
    this.snapshotter = new Snapshotter(
      this.redactor,
      { maxChars: maxValueChars, maxDepth: 12, maxNodes: 10_000 },
      reportReplaced,
    );
    this.isEnabled = isEnabledBy(config);
    this.#warning = settingsWarning(config);
    const runDetached = (fn: () => void) => runOnceInScope(this, undefined, fn);
    this.#runDetached = runDetached;
    const api = apiOf(config, () => this.#counts());
    this.destinations = new Destinations(config, {
      isEnabled: this.isEnabled,
      api,
      diagnostics: this.diagnostics,
      redactor: this.redactor,
      runDetached,
      beforeExit: () => this.#interruptAll(),
    });
    this.#rowUpdater = new RowUpdater(api, {
      whyRefused: whyRowsCannotBeUpdated(config),
      redactor: this.redactor,
      flush: (inferenceId, deadlineMs) => this.#flushRow(inferenceId, deadlineMs),
    });
    const onSweep =
      config.spool && ((trace: RecordedTrace) => this.destinations.recordProgress(trace));
    this.#open = new OpenTraces(runDetached, onSweep);
    this.#ended = new EndedTraces({
      destinations: this.destinations,
      hasSpool: config.spool !== undefined,
      diagnostics: this.diagnostics,
      runDetached,
      onQueued: () => {
        if (this.#isShutDown && this.#isDone) this.#unregister();
      },
    });
    this.writeAhead = this.destinations.writeAhead;
    this.#register();
  }

  /** Registers the tracer with the process: its scope manager, and work at the exit and at signals. */
  #register(): void {
    const { scope, handleSignals } = this.#config;
    const registrations = [this.destinations.keepRowsAtExit()];
    if (scope !== undefined) registrations.push(registerScope(scope, this.scope));
    if (handleSignals && !this.#isShutDown) {
      // If the app listens too, it still has requests to finish.
      registrations.push(
        onSignal(({ endsProcess }) => (endsProcess ? this.shutdown() : this.flush())),
      );
    }
    this.#registrations = registrations;
  }

  /** Removes the registrations with the process, until another trace is opened. */
  #unregister(): void {
    try {
      this.destinations.release();
      for (const unregister of this.#registrations ?? []) unregister();
      this.#registrations = undefined;
    } catch (error) {
      this.reportFailure('release', error);
    }
  }

  /** Whether no trace is open, and the rows of all are queued. */
  get #isDone(): boolean {
    return this.#open.size + this.#ended.size === 0;
  }

  /** Called when another tracer replaced it as the process-wide one: unregisters it once all rows are delivered. */
  retire(): void {
    this.#isRetired = true;
    this.destinations.retire();
    this.#checkLater();
  }

  #checkLater(): void {
    // On runtimes whose timers end with their request, only the scope manager is registered.
    if (!timersOutliveRequests || this.#checkTimer !== undefined || this.#isShutDown) return;
    this.#runDetached(() => {
      this.#checkTimer = unref(startTimer(() => this.#unregisterWhenDone(), CHECK_MS));
    });
  }

  #unregisterWhenDone(): void {
    this.#checkTimer = undefined;
    try {
      if (!this.#isDone || !this.destinations.isDelivered) this.#checkLater();
      else this.#unregister();
    } catch (error) {
      this.reportFailure('retire', error);
    }
  }

  /** Reports a failure of this library as `internal_error`. */
  reportFailure(what: string, error: unknown): void {
    this.diagnostics.reportFailure(what, error);
  }

  startTrace(options: string | StartTraceOptions): StartedTrace {
    try {
      return this.#startTrace(options);
    } catch (error) {
      this.reportFailure('startTrace', error);
      return new InertTrace(undefined, { scope: this.scope });
    }
  }

  #startTrace(options: string | StartTraceOptions): StartedTrace {
    const settings: StartTraceOptions =
      typeof options === 'object' && options !== null ? options : { name: options };
    if (settings === options) reportUnknownKeys(settings, START_KEYS, this.diagnostics);
    const { inferenceId, input, metadata } = settings;
    const id = isInferenceId(inferenceId) ? inferenceId : undefined;
    if (!this.admit()) return new InertTrace(id, { scope: this.scope });
    const name = stepName(settings.name, 'trace');
    const trace = new RecordedTrace(this, name, { inferenceId: id ?? randomUuid() });
    this.addOpen(trace);
    if (input !== undefined || metadata !== undefined) trace.update({ input, metadata });
    return trace;
  }

  /** Whether a trace that begins now would be recorded, as far as that is known before. */
  get mayOpen(): boolean {
    return this.isEnabled && !isTopLevel() && this.#hasRoom;
  }

  /** Whether another trace may be opened. If not, the trace is counted as dropped and reported. Call it before each new trace. */
  admit(): boolean {
    this.reportSettingsWarning();
    if (!this.isEnabled) return false;
    if (isTopLevel()) {
      this.diagnostics.report(
        'warn',
        'top_level',
        'code at the top level of a Worker is not traced, since there are no clocks and no random ids before the first request; start the trace within a request',
      );
      return false;
    }
    if (this.#hasRoom || this.#makeRoom()) return true;
    this.#started++;
    this.destinations.drop('too_many_open', 1);
    this.diagnostics.report(
      'warn',
      'too_many_open',
      `${this.#unqueuedTraces} traces are open; further requests are not traced until some of them end`,
    );
    return false;
  }

  /** Ends traces that are stuck. @returns whether another trace may be opened now */
  #makeRoom(): boolean {
    const abandoned = this.#open.makeRoom();
    if (abandoned > 0) {
      this.diagnostics.report(
        'warn',
        'too_many_open',
        `${abandoned} traces that have made no progress for ten minutes were published as they were, because limits.maxOpenTraces was reached; end each trace that you start: trace.end(), or \`using\``,
      );
    }
    return this.#hasRoom;
  }

  /** Number of traces that are open or wait for promises: others are queued within milliseconds. */
  get #unqueuedTraces(): number {
    return this.#open.size + this.#ended.awaitingCount;
  }

  get #hasRoom(): boolean {
    return this.#unqueuedTraces < this.limits.maxOpenTraces;
  }

  /** Why traces are not recorded; undefined if they are, or if the option `publish` is false. */
  get whyDisabled(): string | undefined {
    return this.isEnabled ? undefined : this.#warning?.message;
  }

  /** Reports missing or wrong settings, once. */
  reportSettingsWarning(): void {
    if (this.#warning === undefined || this.#isWarned) return;
    const { reason, message } = this.#warning;
    this.#isWarned = true;
    this.diagnostics.report('warn', reason, message);
  }

  /**
   * Registers a trace that was just created.
   * @param waitUntil makes the runtime keep the request alive until the row is delivered
   */
  addOpen(trace: RecordedTrace, waitUntil?: (work: Promise<void>) => void): void {
    this.#started++;
    if (this.#registrations === undefined) this.#register();
    if (this.#isRetired) this.#checkLater();
    this.#open.add(trace);
    try {
      this.destinations.recordStart(trace);
    } catch (error) {
      trace.reportFailure('spool', error);
    }
    if (waitUntil === undefined) return;
    try {
      waitUntil(new Promise((resolve) => this.#ended.whenDelivered(trace, resolve)));
    } catch (error) {
      trace.reportFailure('waitUntil', error);
    }
  }

  /** Counts a request that the sampling rate left out. */
  countSampledOut(): void {
    this.#started++;
    this.#sampledOut++;
  }

  /** Publishes none of the traces that are open, or whose rows are not queued yet: they count as sampled out. */
  sampleOutUnqueued(): void {
    this.#ended.queueAll();
    for (const trace of this.#open) trace.sampleOut();
    this.#ended.sampleOutAwaiting();
  }

  endSoon(trace: RecordedTrace): void {
    if (atTurnEnd === undefined || !this.destinations.mayDelayExit) {
      trace.endUnlessWaiting();
      return;
    }
    const whenEnded = new Promise<void>((resolve) => {
      const end = () => {
        try {
          trace.endUnlessWaiting();
        } catch (error) {
          trace.reportFailure('end', error);
        }
        // Of several traces, the last one ends last.
        if (this.#whenEnded === whenEnded) this.#whenEnded = undefined;
        resolve();
      };
      this.#runDetached(() => atTurnEnd?.(end));
    });
    this.#whenEnded = whenEnded;
  }

  /** Takes a trace that has ended, to publish it. */
  takeEnded(trace: RecordedTrace): void {
    this.#open.countEnded();
    this.#ended.add(trace);
  }

  flush(options?: DeadlineOptions): Promise<void> {
    const deadlineMs = this.#deadlineMs(options, 'flush', 10_000);
    return this.#afterEnding(() => this.#flushEnded(deadlineMs));
  }

  /** Runs the work at once, or when the traces that end soon have ended. */
  #afterEnding(work: () => Promise<void>): Promise<void> {
    return this.#whenEnded?.then(work) ?? work();
  }

  #flushEnded(deadlineMs: number): Promise<void> {
    this.#ended.queueAll();
    if (this.#ended.size === 0) return this.destinations.flush(deadlineMs);
    return this.#ended
      .waitForAll(deadlineMs)
      .then((waitedMs) => this.destinations.flush(deadlineMs - waitedMs));
  }

  /** Resolves when the row with this id is not queued for the platform any more. */
  async #flushRow(inferenceId: string, deadlineMs: number): Promise<void> {
    await this.#whenEnded;
    this.#ended.queueAll();
    await this.#ended.whenQueued(inferenceId);
    await this.destinations.flushRow(inferenceId, deadlineMs);
  }

  shutdown(options?: DeadlineOptions): Promise<void> {
    this.#shuttingDown ??= this.#endAndShutDown(options).then(() => {
      this.#isShutDown = true;
      stopTimer(this.#checkTimer);
      // Traces that are still open are written to the spool at the exit of the process.
      if (this.#isDone) this.#unregister();
    });
    return this.#shuttingDown;
  }

  #deadlineMs(
    options: DeadlineOptions | undefined,
    functionName: string,
    otherwise: number,
  ): number {
    try {
      if (options === undefined || options === null) return otherwise;
      reportUnknownKeys(options, { owner: functionName, keys: DEADLINE_KEYS }, this.diagnostics);
      const { deadlineMs = otherwise } = options;
      if (typeof deadlineMs === 'number' && deadlineMs >= 0) return deadlineMs;
    } catch {
      // A getter of the options threw.
    }
    this.diagnostics.report(
      'warn',
      'bad_input',
      `deadlineMs of ${functionName} takes a number of milliseconds; it is ${otherwise}`,
    );
    return otherwise;
  }

  #endAndShutDown(options: DeadlineOptions | undefined): Promise<void> {
    const deadlineMs = this.#deadlineMs(options, 'shutdown', 5000);
    return this.#afterEnding(() => this.#shutDown(deadlineMs));
  }

  #shutDown(deadlineMs: number): Promise<void> {
    this.#ended.queueAll();
    if (this.#ended.size === 0) return this.destinations.shutdown(deadlineMs);
    // Half of the time, since sending needs time too.
    return this.#ended.waitForAll(deadlineMs / 2).then((waitedMs) => {
      // With those that have ended meanwhile.
      this.#ended.queueAll();
      this.#ended.queueAwaiting();
      return this.destinations.shutdown(deadlineMs - waitedMs);
    });
  }

  /** Ends and queues all traces at the exit of the process, where only synchronous work is possible. */
  #interruptAll(): void {
    for (const trace of this.#open) trace.interrupt();
    this.#ended.queueAll();
    this.#ended.queueAwaiting();
  }

  /** Keeps a row that another library could not deliver, to send it. @returns whether it is on disk */
  importRow(row: QueuedRow): boolean {
    const isSafe = this.destinations.importRow(row);
    if (isSafe) this.#started++;
    return isSafe;
  }

  metricsText(): string {
    return metricsText(this.stats(), this.destinations.times);
  }

  stats(): TracerStats {
    // Ended traces are in none of the counts before their rows are queued.
    this.#ended.queueAll();
    return this.#counts();
  }

  #counts(): TracerStats {
    return {
      started: this.#started,
      sampledOut: this.#sampledOut + this.#ended.sampledOut,
      open: this.#open.size + this.#ended.size,
      ...this.destinations.stats(),
    };
  }

  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#rowUpdater.update(inferenceId, row, config, options);
  }

  feedback(
    inferenceId: string,
    feedback: Feedback,
    options?: UpdateOptions,
  ): Promise<UpdateResult> {
    return this.#rowUpdater.feedback(inferenceId, feedback, options);
  }
}

/** @param stats returns the counts that a local server is sent with the rows */
function apiOf(config: Config, stats: () => TracerStats): OpenlayerApi {
  const { baseUrl = '', apiKey = '', inferencePipelineId = '', timeoutMs } = config;
  const header = isOnThisMachine(baseUrl) ? statsHeader(stats) : undefined;
  return new OpenlayerApi(
    { baseUrl, apiKey, inferencePipelineId, timeoutMs, statsHeader: header },
    publishingClient(),
  );
}

/** How often a replaced tracer is checked for undelivered rows. */
const CHECK_MS = 1000;

interface DeadlineOptions {
  readonly deadlineMs?: number | undefined;
}

/** The compiler checks that the lists are complete. */
const START: Readonly<Record<keyof StartTraceOptions, true>> = {
  name: true,
  inferenceId: true,
  input: true,
  metadata: true,
};
const START_KEYS: KnownKeys = { owner: 'startTrace', keys: new Set(Object.keys(START)) };
const DEADLINE: Readonly<Record<keyof DeadlineOptions, true>> = { deadlineMs: true };
const DEADLINE_KEYS: ReadonlySet<string> = new Set(Object.keys(DEADLINE));

interface SettingsWarning {
  readonly reason: 'not_configured' | 'bad_environment';
  readonly message: string;
}

function settingsWarning(config: Config): SettingsWarning | undefined {
  const missing = missingSettingsMessage(config);
  if (missing !== undefined) return { reason: 'not_configured', message: missing };
  const { publish, problems } = config;
  if (!publish || problems.length === 0) return undefined;
  return { reason: 'bad_environment', message: problems.map(({ message }) => message).join('; ') };
}
