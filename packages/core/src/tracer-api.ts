/** What a tracer is to its users. */

import type { Feedback, UpdateOptions, UpdateResult } from './publish/row-updater.js';
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
  /** Names the trace and its root step. */
  readonly name: string;
  /** The id of the trace's row. @default a new UUID */
  readonly inferenceId?: string | undefined;
  /** An object: its keys become the row's input columns. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  /** Scalar values become columns of the row too, so that the platform can filter by them. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** An independent tracer with settings, queue and connections of its own. */
export interface Tracer {
  /** Whether traces are recorded at all: not without a key, a pipeline, or with publishing switched off. */
  readonly isEnabled: boolean;
  /**
   * Starts a trace that the caller ends, for work that no request asked for. Never throws: where nothing is to be
   * recorded, the trace is an inert one.
   *
   * @example
   * using nightly = getTracer().startTrace({ name: 'nightly digest', metadata: { day: 'monday' } });
   * await nightly.step('write', async () => 'a page');
   */
  startTrace(options: string | StartTraceOptions): StartedTrace;
  /**
   * Resolves when every trace that has ended is delivered or dropped, after `deadlineMs` at the latest: 10000 unless
   * given. It never rejects.
   */
  flush(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /**
   * Delivers what it can within `deadlineMs`, 5000 unless given, and then stops for good: what is left is kept on disk
   * with a spool, and counted as dropped without one. It never rejects; a second call waits for the first.
   */
  shutdown(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  stats(): TracerStats;
  /** The same in the text format that Prometheus reads, for an endpoint of yours. */
  metricsText(): string;
  /**
   * Adds columns to a row that was published, or overwrites them. A row that is not there yet is waited for, for
   * `deadlineMs` at most: 15000 unless given.
   * @param row 1 to 100 columns
   * @param config names columns of the row that the platform gives a meaning
   * @returns whether the platform took it; it never rejects
   */
  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult>;
  /**
   * Adds what a person thought of an answer, and any business signals, to its row. A row that is not there yet is waited
   * for, for `deadlineMs` at most: 15000 unless given.
   * @returns whether the platform took it; it never rejects
   */
  feedback(inferenceId: string, feedback: Feedback, options?: UpdateOptions): Promise<UpdateResult>;
}
