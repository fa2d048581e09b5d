/** A tracer: the one place where traces, limits and the publishing chain are put together. */

import { exchange, onSignal } from '#platform';
import { type Config, resolveConfig, type TracerOptions } from './config.js';
import { Diagnostics } from './diagnostics.js';
import { GuardedScope } from './guarded-scope.js';
import { httpTransport } from './publish/http-transport.js';
import { Journal } from './publish/journal.js';
import { Ledger } from './publish/ledger.js';
import { metricsText } from './publish/metrics-text.js';
import { OpenlayerApi } from './publish/openlayer-api.js';
import { Publisher } from './publish/publisher.js';
import { Replay } from './publish/replay.js';
import { type QueuedRow, rowOf } from './publish/row.js';
import { type Feedback, RowUpdater, type UpdateResult } from './publish/row-updater.js';
import { SendTimes } from './publish/send-times.js';
import { Slabs } from './publish/slabs.js';
import { openSpool } from './publish/spool/open-spool.js';
import type { Spool } from './publish/spool/spool.js';
import type { Transport } from './publish/transport.js';
import { withAttempts } from './publish/with-attempts.js';
import { type Breaker, withBreaker } from './publish/with-breaker.js';
import { withIsolation } from './publish/with-isolation.js';
import { withRetry } from './publish/with-retry.js';
import { withSpool } from './publish/with-spool.js';
import { withTrimming } from './publish/with-trimming.js';
import { type Lookup, withVerification } from './publish/with-verification.js';
import { defaultScope, registerScope, type ScopeManager } from './scope.js';
import { EndedTraces } from './trace/ended-traces.js';
import { InertTrace } from './trace/inert.js';
import { isInferenceId } from './trace/inference-id.js';
import { OpenTraces } from './trace/open-traces.js';
import { stepName } from './trace/recorded-step.js';
import { RecordedTrace, type SettledTrace } from './trace/recorded-trace.js';
import type { Recorder, TraceLimits } from './trace/recorder.js';
import { Redactor } from './trace/redact.js';
import { Snapshotter } from './trace/snapshot.js';
import { Spending } from './trace/spending.js';
import type { StartedTrace } from './trace/types.js';
import type { RowUpdateConfig } from './wire.js';

/** What became of the traces so far. At any instant `started` is the sum of all that follow, bytes and `adopted` aside. */
export interface TracerStats {
  readonly started: number;
  readonly published: number;
  /** Waiting in memory or under way. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Kept on disk. */
  readonly spooled: number;
  /** Set aside on disk because the platform refuses them. */
  readonly quarantined: number;
  readonly sampledOut: number;
  /** Lost, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly open: number;
  /** Bytes of the spool on disk, of all processes. */
  readonly spoolBytes: number;
  /** Traces of processes that have died, which this one took over. `found` is the sum of the others. */
  readonly adopted: {
    readonly found: number;
    readonly published: number;
    readonly spooled: number;
    readonly quarantined: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
}

export interface StartTraceOptions {
  readonly name: string;
  /** The id of the trace's row. @default a new UUID */
  readonly inferenceId?: string | undefined;
  /** An object: its keys become the row's input columns. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** An independent tracer with settings, queue and connections of its own. */
export interface Tracer {
  /** Whether traces are recorded at all: not without a key, a pipeline, or with publishing switched off. */
  readonly isEnabled: boolean;
  /** Starts a trace that the caller ends, for work that no request asked for. */
  startTrace(options: string | StartTraceOptions): StartedTrace;
  /** Resolves when every trace that has ended is delivered or dropped, or at the deadline. @default 10000 ms */
  flush(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /** Delivers what it can and then stops for good. @default 5000 ms */
  shutdown(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  stats(): TracerStats;
  /** The same in the text format that Prometheus reads, for an endpoint of yours. */
  metricsText(): string;
  /**
   * Adds columns to a row that was published, or overwrites them.
   * @param row 1 to 100 columns
   * @param config names columns of the row that the platform gives a meaning
   * @returns whether the platform took it; it never rejects
   */
  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
  ): Promise<UpdateResult>;
  /** Adds what a person thought of an answer, and any business signals, to its row. */
  feedback(inferenceId: string, feedback: Feedback): Promise<UpdateResult>;
}

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

/** How far a replay is. */
export interface ReplayState {
  readonly delivered: number;
  readonly waiting: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Whether it has looked and found nothing more. */
  readonly isIdle: boolean;
  /** Tries in a row that failed. */
  readonly failures: number;
  /** Whether the platform refuses the key, or knows no such pipeline. */
  readonly isRefused: boolean;
}

/** The tracer as adapters see it. */
export class TracerCore implements Tracer, Recorder {
  readonly scope: ScopeManager;
  readonly diagnostics: Diagnostics;
  readonly redactor: Redactor;
  readonly snapshotter: Snapshotter;
  readonly limits: TraceLimits;
  readonly isEnabled: boolean;
  /** Undefined where nothing outlives the process. */
  readonly answering: ((trace: RecordedTrace) => void) | undefined;
  readonly #slabs = new Slabs();
  readonly #ledger = new Ledger();
  readonly #times = new SendTimes();
  readonly #api: OpenlayerApi;
  readonly #destination: string;
  readonly #spool: Spool | undefined;
  readonly #journal: Journal | undefined;
  readonly #replay: Replay | undefined;
  #breaker: Breaker | undefined;
  readonly spending: Spending | undefined;
  readonly #publisher: Publisher;
  readonly #rows: RowUpdater;
  readonly #open: OpenTraces;
  readonly #ended: EndedTraces;
  /** What lets the platform end the request of a trace. */
  readonly #held = new WeakMap<RecordedTrace, () => void>();
  readonly #key: string;
  #shutdown: Promise<void> | undefined;
  #started = 0;
  #sampledOut = 0;

  constructor(config: Config) {
    this.limits = config.limits;
    this.diagnostics = new Diagnostics({
      level: config.logLevel,
      onDiagnostic: config.onDiagnostic,
    });
    this.scope = this.#scope(config);
    const { pricing, onUsage, budget } = config;
    if (pricing !== undefined || onUsage !== undefined) {
      this.spending = new Spending({ pricing, onUsage, budget }, this.diagnostics);
    }
    this.redactor = new Redactor(config.redact);
    const { maxValueChars } = config.limits;
    this.snapshotter = new Snapshotter(
      this.redactor,
      { maxChars: maxValueChars, maxDepth: 12, maxNodes: 10_000 },
      (what, error) =>
        this.diagnostics.report('error', what, 'a logged value was replaced by a mark', error),
    );
    this.isEnabled = this.#canPublish(config);
    this.#key = config.apiKey ?? '';
    this.#api = new OpenlayerApi(
      {
        baseUrl: config.baseUrl,
        apiKey: config.apiKey ?? '',
        inferencePipelineId: config.inferencePipelineId ?? '',
        timeoutMs: config.timeoutMs,
      },
      exchange(),
    );
    const outside = (fn: () => void) => this.scope.run(undefined, fn, undefined, undefined);
    this.#destination = `${config.baseUrl}\n${config.inferencePipelineId}`;
    const { diagnostics } = this;
    this.#spool = this.isEnabled
      ? openSpool(config, { diagnostics, ledger: this.#ledger, outside })
      : undefined;
    const transport = this.#transport(config, this.#spool);
    const spool = this.#spool;
    this.#publisher = new Publisher({
      transport,
      limits: config.batch,
      diagnostics,
      outside,
      ledger: this.#ledger,
      overflow: spool === undefined ? undefined : (rows) => spool.keepAll(rows),
      onCall: (ms) => this.#times.add(ms),
      // A transport of the user's may keep what it was given.
      free: config.transport === undefined ? (rows) => this.#slabs.free(rows) : undefined,
    });
    if (spool !== undefined) {
      this.#journal = new Journal(spool, this.#slabs);
      this.answering = (trace) => this.#journal?.answering(trace);
      this.#replay = new Replay({
        spool,
        transport,
        policy: config.retry,
        maxBatchRows: config.batch.maxBatchRows,
        outside,
        failed: (error) => diagnostics.report('error', 'internal_error', 'replay failed', error),
      });
      spool.beforeExit = () => this.#keepWhatIsLeft(spool);
      this.#replay.start();
    }
    if (config.handleSignals) onSignal(() => this.shutdown());
    this.#rows = new RowUpdater(this.#api, {
      isEnabled: this.isEnabled && config.transport === undefined,
      publish: () => this.flush(),
    });
    this.#open = new OpenTraces(outside);
    this.#ended = new EndedTraces({
      write: (trace) => this.#write(trace),
      isUrgent: (trace) => this.#held.has(trace),
      outside,
    });
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
    if (!this.admits()) return new InertTrace(settings.inferenceId);
    const trace = new RecordedTrace(this, stepName(settings.name, 'trace'), crypto.randomUUID());
    this.opened(trace);
    const { inferenceId, input, metadata } = settings;
    if (inferenceId !== undefined || input !== undefined || metadata !== undefined) {
      trace.update({
        inferenceId: isInferenceId(inferenceId) ? inferenceId : undefined,
        input,
        metadata,
      });
    }
    return trace;
  }

  /** Whether one more trace may be opened; where not, it is counted. */
  admits(): boolean {
    if (!this.isEnabled) return false;
    if (this.#open.size < this.limits.maxOpenTraces) return true;
    this.#started++;
    this.#ledger.drop('too_many_open', 1);
    this.diagnostics.report(
      'warn',
      'too_many_open',
      `${this.#open.size} traces are open; further requests are not traced until some of them end`,
    );
    return false;
  }

  /** @param holdOpen has the platform wait until what is ours is done, where it waits for nothing else */
  opened(trace: RecordedTrace, holdOpen?: (work: Promise<void>) => void): void {
    this.#started++;
    this.#open.add(trace);
    try {
      this.#journal?.opened(trace);
    } catch (error) {
      trace.failed('journal', error);
    }
    if (holdOpen === undefined) return;
    try {
      holdOpen(new Promise((done) => this.#held.set(trace, done)));
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

  /** Makes the row of a trace that has ended, or leaves it out. */
  #write(trace: RecordedTrace): void {
    const done = this.#held.get(trace);
    try {
      trace.describe();
      if (!this.#keeps(trace)) {
        this.#sampledOut++;
        this.#journal?.left(trace);
        done?.();
        return;
      }
      const row = this.#journal?.row(trace) ?? rowOf(trace, this.#slabs);
      if (done === undefined) this.#publisher.add(row);
      else this.#publisher.addAlone(row).then(done);
    } catch (error) {
      done?.();
      this.#ledger.drop('internal_error', 1);
      trace.failed('publish', error);
    } finally {
      trace.forget();
    }
  }

  flush(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    this.#ended.writeAll();
    return this.#publisher.flush(options.deadlineMs ?? 10_000);
  }

  shutdown(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    this.#shutdown ??= this.#end(options.deadlineMs ?? 5000);
    return this.#shutdown;
  }

  async #end(deadlineMs: number): Promise<void> {
    const replay = this.#replay?.stop();
    this.#ended.writeAll();
    await this.#publisher.shutdown(deadlineMs);
    await replay;
    this.#spool?.release();
  }

  /** Another tracer for the same pipeline has a key that may be a better one. */
  useKeyOf(other: TracerCore): void {
    if (
      this.#breaker?.isRefused !== true ||
      other.#destination !== this.#destination ||
      !other.isEnabled
    )
      return;
    this.#api.useKey(other.#key);
    this.#breaker.reset();
    this.#replay?.hurry();
  }

  /** Has a row sent that another library could not deliver. @returns whether it is safe on disk */
  importRow(row: QueuedRow): boolean {
    if (this.#spool?.keep(row) !== 'disk') return false;
    this.#started++;
    this.#ledger.spooled++;
    return true;
  }

  get spoolFolder(): string | undefined {
    return this.#spool?.folder;
  }

  /** How far it is with what was left on disk. */
  get replayState(): ReplayState {
    const ledgers = [this.#ledger, this.#spool?.adopted ?? new Ledger()];
    const sum = (count: (ledger: Ledger) => number) =>
      ledgers.reduce((total, ledger) => total + count(ledger), 0);
    return {
      delivered: sum(({ published }) => published),
      waiting: sum(({ spooled, queued }) => spooled + queued),
      quarantined: sum(({ quarantined }) => quarantined),
      dropped: sum(({ dropped }) => Object.values(dropped).reduce((a, b) => a + b, 0)),
      isIdle: this.#replay?.isIdle ?? true,
      failures: this.#replay?.failures ?? 0,
      isRefused: this.#breaker?.isRefused ?? false,
    };
  }

  metricsText(): string {
    return metricsText(this.stats(), this.#times);
  }

  stats(): TracerStats {
    this.#ended.writeAll();
    const { published, queued, queuedBytes, spooled, quarantined, dropped } = this.#ledger;
    const spool = this.#spool;
    return {
      started: this.#started,
      published,
      queued,
      queuedBytes: queuedBytes + (spool?.memoryBytes ?? 0),
      spooled,
      quarantined,
      sampledOut: this.#sampledOut,
      dropped,
      open: this.#open.size,
      spoolBytes: spool?.bytes ?? 0,
      adopted: adoptedOf(spool),
    };
  }

  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
  ): Promise<UpdateResult> {
    return this.#rows.update(inferenceId, row, config);
  }

  feedback(inferenceId: string, feedback: Feedback): Promise<UpdateResult> {
    return this.#rows.feedback(inferenceId, feedback);
  }

  /** The one of the options is not ours, and may fail. */
  #scope({ scope }: Config): ScopeManager {
    if (scope === undefined) return defaultScope;
    const guarded = new GuardedScope(scope, (what, error) =>
      this.diagnostics.report(
        'error',
        'scope_failed',
        `the scope manager ${what}; the app is not affected, but steps may be missing`,
        error,
      ),
    );
    registerScope(scope, guarded);
    return guarded;
  }

  /** The publishing chain. */
  #transport(config: Config, spool: Spool | undefined): Transport {
    const sender = config.transport ?? httpTransport(this.#api);
    if (spool !== undefined) {
      const has: Lookup = (id, options) => this.#api.hasRow(id, options);
      const attempts = withAttempts(sender, spool);
      const verified = config.transport === undefined ? withVerification(attempts, has) : attempts;
      this.#breaker = withBreaker(verified, config.retry, { holdsUnauthorized: true });
      return withIsolation(withSpool(withTrimming(this.#breaker), spool));
    }
    if (config.transport !== undefined) return config.transport;
    return withIsolation(
      withRetry(withTrimming(withBreaker(sender, config.retry, { isPaced: true })), config.retry, {
        onRetry: (error, waitMs) =>
          this.diagnostics.report(
            'warn',
            'publish_retry',
            `${error.message}; the next try is in ${Math.ceil(waitMs)} ms`,
          ),
      }),
    );
  }

  /** Nothing but synchronous work is possible any more. */
  #keepWhatIsLeft(spool: Spool): void {
    for (const trace of this.#open) trace.interrupt();
    this.#ended.writeAll();
    for (const row of this.#publisher.waiting()) if (row.entry === undefined) spool.keep(row);
  }

  #canPublish(config: Config): boolean {
    if (!config.publish) return false;
    if (config.transport !== undefined) return true;
    const missing = [];
    if (config.apiKey === undefined) missing.push('OPENLAYER_API_KEY (or the option apiKey)');
    if (config.inferencePipelineId === undefined) {
      missing.push('OPENLAYER_INFERENCE_PIPELINE_ID (or the option inferencePipelineId)');
    }
    if (missing.length === 0) return true;
    this.diagnostics.report(
      'warn',
      'not_configured',
      `set ${missing.join(' and ')}; until then requests go on untraced`,
    );
    return false;
  }

  #keeps(trace: RecordedTrace): boolean {
    if (trace.sample === undefined) return true;
    try {
      const settled: SettledTrace = {
        inferenceId: trace.inferenceId,
        name: trace.root.name,
        outcome: trace.outcome,
        statusCode: trace.statusCode,
        latencyMs: trace.root.endMs,
        hasError: trace.root.error !== undefined || trace.outcome === 'error',
        usage: trace.usage,
      };
      return trace.sample(settled) !== false;
    } catch (error) {
      this.diagnostics.report(
        'error',
        'sample_failed',
        'the function given as sample threw; the trace is kept',
        error,
      );
      return true;
    }
  }
}

/** Where there is no spool. */
const NOTHING_ADOPTED = new Ledger();

function adoptedOf(spool: Spool | undefined): TracerStats['adopted'] {
  const { published, spooled, quarantined, dropped } = spool?.adopted ?? NOTHING_ADOPTED;
  return { found: spool?.adoptedRows ?? 0, published, spooled, quarantined, dropped };
}
