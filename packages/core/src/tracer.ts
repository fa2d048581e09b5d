/** A tracer: the one place where traces, limits and the publishing chain are put together. */

import { exchange } from '#platform';
import { type Config, resolveConfig, type TracerOptions } from './config.js';
import { Diagnostics } from './diagnostics.js';
import { httpTransport } from './publish/http-transport.js';
import { OpenlayerApi } from './publish/openlayer-api.js';
import { Publisher } from './publish/publisher.js';
import { rowOf } from './publish/row.js';
import { type Feedback, RowUpdater, type UpdateResult } from './publish/row-updater.js';
import type { Transport } from './publish/transport.js';
import { withIsolation } from './publish/with-isolation.js';
import { withRetry } from './publish/with-retry.js';
import { defaultScope, registerScope, type ScopeManager } from './scope.js';
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

/** What became of the traces so far. At any instant `started` is the sum of all that follow, bytes aside. */
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

/** The tracer as adapters see it. */
export class TracerCore implements Tracer, Recorder {
  readonly scope: ScopeManager;
  readonly diagnostics: Diagnostics;
  readonly redactor: Redactor;
  readonly snapshotter: Snapshotter;
  readonly limits: TraceLimits;
  readonly isEnabled: boolean;
  readonly spending: Spending | undefined;
  readonly #publisher: Publisher;
  readonly #rows: RowUpdater;
  readonly #open: OpenTraces;
  #started = 0;
  #sampledOut = 0;

  constructor(config: Config) {
    this.limits = config.limits;
    this.scope = config.scope ?? defaultScope;
    registerScope(this.scope);
    this.diagnostics = new Diagnostics({
      level: config.logLevel,
      onDiagnostic: config.onDiagnostic,
    });
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
    const api = new OpenlayerApi(
      {
        baseUrl: config.baseUrl,
        apiKey: config.apiKey ?? '',
        inferencePipelineId: config.inferencePipelineId ?? '',
        timeoutMs: config.timeoutMs,
      },
      exchange(),
    );
    const outside = (fn: () => void) => this.scope.run(undefined, fn, undefined, undefined);
    this.#publisher = new Publisher({
      transport: this.#transport(config, api),
      limits: config.batch,
      diagnostics: this.diagnostics,
      outside,
    });
    this.#rows = new RowUpdater(api, {
      isEnabled: this.isEnabled && config.transport === undefined,
      publish: () => this.flush(),
    });
    this.#open = new OpenTraces(outside);
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
    this.#publisher.drop('too_many_open', 1);
    this.diagnostics.report(
      'warn',
      'too_many_open',
      `${this.#open.size} traces are open; further requests are not traced until some of them end`,
    );
    return false;
  }

  opened(trace: RecordedTrace): void {
    this.#started++;
    this.#open.add(trace);
  }

  /** A request that the sampling rate left out. */
  leftOut(): void {
    this.#started++;
    this.#sampledOut++;
  }

  published(trace: RecordedTrace): void {
    const isKept = this.#keeps(trace);
    this.#open.delete(trace);
    if (!isKept) {
      this.#sampledOut++;
      return;
    }
    try {
      this.#publisher.add(rowOf(trace));
    } catch (error) {
      this.#publisher.drop('internal_error', 1);
      throw error;
    }
  }

  flush(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    return this.#publisher.flush(options.deadlineMs ?? 10_000);
  }

  shutdown(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    return this.#publisher.shutdown(options.deadlineMs ?? 5000);
  }

  stats(): TracerStats {
    return {
      started: this.#started,
      ...this.#publisher.stats,
      spooled: 0,
      quarantined: 0,
      sampledOut: this.#sampledOut,
      open: this.#open.size,
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

  /** The publishing chain. */
  #transport(config: Config, api: OpenlayerApi): Transport {
    if (config.transport !== undefined) return config.transport;
    return withIsolation(
      withRetry(httpTransport(api), config.retry, {
        onRetry: (error, waitMs) =>
          this.diagnostics.report(
            'warn',
            'publish_retry',
            `${error.message}; the next try is in ${Math.ceil(waitMs)} ms`,
          ),
      }),
    );
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
