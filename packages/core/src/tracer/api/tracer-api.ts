/** The public interface of a tracer. */

import type { StartedTrace } from '../../trace/model/trace-api.js';
import type { RowUpdateConfig } from '../../wire.js';
import type { Feedback, UpdateOptions, UpdateResult } from '../row-updates/row-update.js';

/** Counts of one destination's traces, by where they are. */
export interface DestinationStats {
  /** Traces that the destination has. */
  readonly published: number;
  /** Traces in memory: their rows wait or are being sent. */
  readonly queued: number;
  /** Bytes of queued rows. */
  readonly queuedBytes: number;
  /** Traces on disk that are not delivered. */
  readonly spooled: number;
  /** Traces that the destination refused, kept on disk. */
  readonly quarantined: number;
  /** Traces that were lost, by `DropReason`. A transport of the app's own may add reasons. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Bytes of the spool on disk, of all processes. */
  readonly spoolBytes: number;
  /** Traces that this process adopted from dead processes: it sends their rows. `found` is the sum of the others. */
  readonly adopted: {
    /** Traces that were found on disk. */
    readonly found: number;
    /** Traces that the destination has. */
    readonly published: number;
    /** Traces on disk that are not delivered. */
    readonly spooled: number;
    /** Traces that the destination refused, kept on disk. */
    readonly quarantined: number;
    /** Traces that were lost, by `DropReason`. */
    readonly dropped: Readonly<Record<string, number>>;
  };
}

/**
 * Counts of all traces, by where they are. At any instant,
 * `started = published + queued + spooled + quarantined + sampledOut + dropped + open`, with `dropped` summed over its reasons. The
 * counts are those of the platform, or of the first export if no platform is configured. The same sum holds for each of `exports`.
 */
export interface TracerStats extends DestinationStats {
  /** Traces that were started, also those that were sampled out or not traced because too many were open. */
  readonly started: number;
  /** Traces that the option `sample` left out. */
  readonly sampledOut: number;
  /** Traces that have not ended, or whose rows wait for promises of options. */
  readonly open: number;
  /** The counts of each export, by its name; missing without exports. */
  readonly exports?: Readonly<Record<string, DestinationStats>>;
}

/** Options of `startTrace()`. An unknown key is reported as `unknown_option`. */
export interface StartTraceOptions {
  /** Name of the trace and its root step. Cut to 256 characters. */
  readonly name: string;
  /** The id of the trace's row. An invalid one is replaced by a UUID. @default a new UUID */
  readonly inferenceId?: string | undefined;
  /** Its properties, at most 64, become the row's input columns. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  /** At most 128 keys. Strings, numbers and booleans become columns of the row too, so that the platform can filter by them. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A tracer with its own options, queue and connections. Its methods never throw. */
export interface Tracer {
  /**
   * Whether traces are recorded: publishing is on, and there is a key with a pipeline and a valid address, a `transport`, or one of
   * `exports` that is on.
   */
  readonly isEnabled: boolean;
  /**
   * Starts a trace that the caller ends, by `end()` or `using`, for work outside requests. If nothing is recorded, the trace is
   * an inert one.
   *
   * @example
   * using nightly = getTracer().startTrace({ name: 'nightly digest', metadata: { day: 'monday' } });
   * await nightly.step('write', async () => 'a page');
   */
  startTrace(options: string | StartTraceOptions): StartedTrace;
  /**
   * Resolves when every ended trace is delivered, dropped or kept on disk, or after `deadlineMs` milliseconds (default 10000).
   * With a spool, rows whose send fails are kept on disk. Keeps the process alive until then. Never rejects.
   */
  flush(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /**
   * Delivers rows for at most `deadlineMs` milliseconds (default 5000), then stops the tracer. Rows that are left stay on disk
   * with a spool, and count as dropped (`shut_down`) without one, as do later traces. Never rejects. A second call waits for
   * the first.
   */
  shutdown(options?: { readonly deadlineMs?: number | undefined }): Promise<void>;
  /** The counts of traces, at this instant. */
  stats(): TracerStats;
  /** The counts of `stats()` in the Prometheus text format, for an endpoint of the app. */
  metricsText(): string;
  /**
   * Adds columns to a published row, or overwrites them. If the platform does not have the row yet, retries for at most
   * `deadlineMs` milliseconds (default 15000).
   * @param row 1 to 100 columns
   * @param config names the columns with a meaning for the platform, such as `groundTruthColumnName`
   * @returns `{ ok: true }`, or `{ ok: false, error }`; never rejects
   */
  updateRow(
    inferenceId: string,
    row: Readonly<Record<string, unknown>>,
    config?: RowUpdateConfig,
    options?: UpdateOptions,
  ): Promise<UpdateResult>;
  /**
   * Adds a person's feedback, and any business signals, to a row. If the platform does not have the row yet, retries for at
   * most `deadlineMs` milliseconds (default 15000).
   * @returns `{ ok: true }`, or `{ ok: false, error }`; never rejects
   */
  feedback(inferenceId: string, feedback: Feedback, options?: UpdateOptions): Promise<UpdateResult>;
}
