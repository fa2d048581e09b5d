/** The interface of a spool, which keeps traces on disk until they are delivered. */

import type { EndedTrace } from '../trace/model/ended-trace.js';
import type { JsonMembers } from '../values/json/json-members.js';
import type { RetryPolicy } from './chain/backoff.js';
import type { Ledger } from './counts/ledger.js';
import type { BatchLimits } from './queue/open-batches.js';
import type { QueuedRow } from './row/queued-row.js';
import type { RowDelivery, RowTransport } from './transport/row-transport.js';

/** The part of a trace that a spool reads. */
export interface SpooledTrace extends EndedTrace {
  /** The name, and `metadata.http` as JSON text, as far as they are known. */
  soFar(): { readonly name: string; readonly http: string | undefined };
  /** The inputs as far as they are known. */
  inputsSoFar(): JsonMembers | undefined;
  /** The JSON text of the output that was sent so far, if it is recorded at the end; undefined if it is not known. */
  outputSoFar(): string | undefined;
  /** Increases with each change of the trace, and with its output so far. */
  readonly soFarRevision: number;
  /** Records the values that are recorded later otherwise. */
  recordDeferred(): void;
  /** What `metadata.otel` will be, as JSON text; undefined without `sharedTraceId`. */
  readonly sharedIdsText: string | undefined;
  /** Increases with each change of the trace. */
  readonly revision: number;
}

export interface Spool {
  /** Records that a trace has started. */
  recordStart(trace: SpooledTrace): void;
  /** Records what is known of a trace that is open for long. Call it once a second. */
  recordProgress(trace: SpooledTrace): void;
  /** Writes the row of a trace before the last bytes of its response are sent. */
  writeAhead(trace: SpooledTrace): void;
  /** Writes the row of an ended trace, unless the row written ahead is current. @returns the row */
  writeRow(trace: SpooledTrace): QueuedRow;
  /** Removes a trace that ended and is not published. */
  discard(trace: SpooledTrace): void;

  /** Keeps rows on disk that are to be sent later. */
  keepAll(rows: readonly QueuedRow[]): RowDelivery;
  /** Keeps a row that another library could not deliver. @returns whether it is on disk */
  importRow(row: QueuedRow): boolean;
  /** Returns the rows that another process may have sent. */
  rowsThatMayHaveArrived(rows: readonly QueuedRow[]): readonly QueuedRow[];

  /** A transport that records on disk which rows it is about to send. */
  withSendLog(transport: RowTransport): RowTransport;
  /** A transport that keeps on disk the rows that it cannot deliver. */
  withKeeping(transport: RowTransport): RowTransport;
  /** Starts to send rows that wait on disk, of this process and of dead ones. */
  replay(options: ReplayOptions): ReplayHandle;

  /**
   * Keeps queued rows on disk at the exit of the process.
   * @param queuedRows called at the exit; returns the rows in memory
   * @returns a function that removes the registration
   */
  keepRowsAtExit(queuedRows: () => Iterable<QueuedRow>): () => void;
  /** Releases the files on disk, so that other processes may adopt them and send their rows. While a replay goes on, keeps them. */
  release(): void;

  readonly folder: string;
  /** Bytes on disk, of all processes, approximately. */
  readonly bytes: number;
  /** Bytes of rows in memory that could not be written to disk. */
  readonly memoryBytes: number;
  /** Counts the rows that this process adopted from dead processes. */
  readonly adopted: Ledger;
  /** Number of rows that this process adopted from dead processes. */
  readonly adoptedRows: number;
}

export interface ReplayOptions {
  readonly transport: RowTransport;
  readonly policy: RetryPolicy;
  readonly limits: BatchLimits;
  /** From 0 up to but not including 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** A running replay, which sends rows that wait on disk. */
export interface ReplayHandle {
  /** Whether the last scan found no row. */
  readonly isIdle: boolean;
  /** Consecutive failed sends. */
  readonly failures: number;
  /** Retries at once, since the cause of the failures is gone. */
  retryNow(): void;
  /** Stops scanning for rows of dead processes once all found rows are sent. */
  retire(): void;
  /** Aborts the current send and stops. */
  stop(): Promise<void>;
}
