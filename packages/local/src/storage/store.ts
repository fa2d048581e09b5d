import type {
  DataStreamRequest,
  RowUpdateConfig,
  WireConfig,
  WireRow,
} from '@openlayer-tracing/core/wire';
import { toJson } from '../values/json.js';
import { RowCompressor } from './compression.js';
import {
  checkpoint,
  type Database,
  IN_MEMORY,
  openDatabase,
  openForReading,
  returnFreePages,
  usedBytes,
} from './database.js';
import { RowReader, type RowSize, type SomeRows } from './row-reader.js';
import {
  type OldestRow,
  type ReceivedFacts,
  rowStatements,
  rowTransactions,
} from './row-statements.js';
import { migrate } from './schema.js';
import { type StoredRow, toStoredRow } from './stored-row.js';

/** An accepted data-stream call. */
export interface ReceivedBatch {
  readonly pipelineId: string;
  readonly config: WireConfig;
  readonly inferenceIds: readonly string[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

export interface PageRequest {
  readonly pipelineId: string;
  readonly isAscending: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface StoreOptions {
  /** Writes a row as JSON. It may refuse one by throwing, and then none of its call is stored. */
  readonly rowText?: ((row: unknown) => string) | undefined;
  /** Whether the store only has to read: then the file need not be writable. */
  readonly isForReading?: boolean;
}

/** How long `close()` waits for others that read the log. */
const CLOSE_WAIT_MS = 200;
const CACHE_BYTES = 4 * 1024 * 1024;
/** Rows that `each` reads at a time. */
const STRIDE = 100;

/**
 * Rows and batches in SQLite, as JSON text. Several rows may have the same inference ID. All calls are synchronous and
 * short, except those that read all rows or batches.
 */
export class Store {
  readonly file: string;
  readonly #listeners = new Set<() => void>();
  readonly #isForReading: boolean;
  readonly #db: Database;
  readonly #reader: RowReader;
  readonly #statements;
  readonly #transactions;
  #rows: number;
  #deleted: number;
  #newest: number;
  #writes = 0;

  constructor(file: string, { rowText = toJson, isForReading = false }: StoreOptions = {}) {
    this.file = file;
    this.#isForReading = isForReading;
    this.#db = open(file, isForReading ? openForReading : openDatabase);
    this.#reader = new RowReader(this.#db);
    this.#statements = rowStatements(this.#db);
    const compressor = new RowCompressor();
    const encode = (text: string) => (file === IN_MEMORY ? text : compressor.compress(text));
    this.#transactions = rowTransactions(this.#db, this.#statements, rowText, encode);
    const totals = this.#statements.totals.get();
    this.#rows = totals?.rows ?? 0;
    this.#deleted = totals?.deleted ?? 0;
    this.#newest = this.#reader.newest;
  }

  /** Number of rows in all pipelines. */
  get count(): number {
    return this.#rows;
  }

  /** Number of rows of a pipeline. */
  countIn(pipelineId: string): number {
    return this.#statements.countIn.get(pipelineId)?.rows ?? 0;
  }

  /** How many rows were deleted because of their age or size. */
  get deleted(): number {
    return this.#deleted;
  }

  /** The number of the newest row; 0 if there was none. */
  get newest(): number {
    return this.#newest;
  }

  /** How many calls have written since the start. */
  get writes(): number {
    return this.#writes;
  }

  /** Calls the listener after each call that has written, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores all rows of a data-stream call, or none. */
  append(
    pipelineId: string,
    request: DataStreamRequest,
    inferenceIds: readonly string[],
    { otlpTrace = null, sending = 0 }: ReceivedFacts = {},
  ): void {
    const facts = { otlpTrace, sending };
    const newest = this.#transactions.append(pipelineId, request, inferenceIds, facts);
    this.#rows += request.rows.length;
    this.#newest = Math.max(this.#newest, newest);
    this.#notify();
  }

  /** All rows in order of arrival. Reads a hundred at a time, or fewer if they are large, so that few are in memory. */
  *each(pipelineId?: string): Generator<StoredRow> {
    let from = 0;
    for (;;) {
      const { records, isEnd }: SomeRows =
        pipelineId === undefined
          ? this.#reader.after(from, STRIDE)
          : this.#reader.afterInPipeline(pipelineId, from, STRIDE);
      for (const record of records) yield toStoredRow(record);
      if (isEnd) return;
      from = records.at(-1)?.id ?? Number.POSITIVE_INFINITY;
    }
  }

  /** The numbers and sizes of one page of a pipeline's rows. */
  page({ pipelineId, isAscending, limit, offset }: PageRequest): RowSize[] {
    const { pageUp, pageDown } = this.#statements;
    return (isAscending ? pageUp : pageDown).all(pipelineId, limit, offset);
  }

  /** The row of that number. */
  get(number: number): StoredRow | undefined {
    const record = this.#reader.get(number);
    return record && toStoredRow(record);
  }

  /** The latest row with this inference ID. */
  find(inferenceId: string, pipelineId?: string): StoredRow | undefined {
    const record = this.#statements.find.get(inferenceId, pipelineId ?? null);
    return record && toStoredRow(record);
  }

  /** Sets columns of the row of that number. `config` names those of them that have a meaning for the platform. */
  update(
    { number, row }: Pick<StoredRow, 'number' | 'row'>,
    columns: Readonly<Record<string, unknown>>,
    config: RowUpdateConfig | null = null,
  ): void {
    const updated = { ...row, ...columns } as WireRow; // an update may set any column to anything
    this.#transactions.update(number, updated, config, Object.keys(columns));
    this.#notify();
  }

  /** Whether a trace whose spans came by OTLP has a row. */
  hasTrace(pipelineId: string, traceId: string): boolean {
    return this.#statements.hasTrace.get(traceId, pipelineId) !== undefined;
  }

  /** The row of a trace whose spans came by OTLP. */
  findTrace(pipelineId: string, traceId: string): StoredRow | undefined {
    const record = this.#statements.findTrace.get(traceId, pipelineId);
    return record && toStoredRow(record);
  }

  /** Replaces the row of that number, its inference ID and the names of its columns, but not the names that updates have given. */
  replaceTrace(
    number: number,
    { row, config, inferenceId }: Pick<StoredRow, 'row' | 'config' | 'inferenceId'>,
  ): void {
    this.#transactions.replaceTrace(number, row, config, inferenceId);
    this.#notify();
  }

  /** Deletes every row with this inference ID. @returns the number of deleted rows */
  remove(inferenceId: string, pipelineId: string): number {
    const rows = this.#transactions.remove(inferenceId, pipelineId);
    this.#rows -= rows;
    this.#notify();
    return rows;
  }

  /** Deletes the row of that number. @returns the number of deleted rows */
  removeRow(number: number): number {
    const rows = this.#transactions.removeRow(number);
    this.#rows -= rows;
    this.#notify();
    return rows;
  }

  /** Deletes all rows and batches. */
  removeAll(): void {
    this.#transactions.removeAll(this.#newest);
    this.#rows = 0;
    this.#notify();
  }

  /**
   * Deletes the oldest rows that came before a time.
   * @param limit rows that are deleted at most
   * @returns how many were deleted
   */
  removeOlderThan(before: number, limit: number): number {
    return this.#removeOldest(limit, ({ received_at }) => received_at < before);
  }

  /**
   * Deletes the oldest rows until the others take no more than that many bytes of the file. The newest row stays, however large.
   * @param limit rows that are deleted at most
   * @returns how many were deleted
   */
  removeDownTo(bytes: number, limit: number): number {
    const newest = this.#newest;
    const most = bytes + this.#keptBytes;
    return this.#removeOldest(limit, ({ id }) => id < newest && this.usedBytes > most);
  }

  #removeOldest(limit: number, isRemoved: (row: OldestRow) => boolean): number {
    const rows = this.#transactions.removeOldest(limit, isRemoved);
    if (rows === 0) return 0;
    this.#rows -= rows;
    this.#deleted += rows;
    this.#notify();
    return rows;
  }

  /** When the oldest row came, in epoch milliseconds. */
  get oldest(): number | undefined {
    return this.#statements.oldest.get(1)?.received_at;
  }

  /** Bytes of the file that are in use. */
  get usedBytes(): number {
    return usedBytes(this.#db);
  }

  /** Bytes of the file that are in use, without the requests whose spans are in no row yet: no deleted row frees those. */
  get rowBytes(): number {
    return this.usedBytes - this.#keptBytes;
  }

  get #keptBytes(): number {
    return this.#statements.keptBytes.get()?.bytes ?? 0;
  }

  /** Id of the last update or deletion; 0 if all are forgotten. */
  get lastChange(): number {
    return this.#statements.lastChange.get()?.id ?? 0;
  }

  /** Forgets the updates and deletions up to that id, which the index has. */
  forgetChanges(upTo: number): void {
    this.#statements.forgetChanges.run(upTo);
  }

  /** Returns up to this many free pages to the file system. @returns whether there were some */
  shrink(pages: number): boolean {
    return returnFreePages(this.#db, pages);
  }

  /**
   * Empties the write-ahead log, whose file otherwise never shrinks.
   * @param waitMs how long to wait, in this thread, for others that read it
   * @returns whether it is empty
   */
  checkpoint(waitMs = 0): boolean {
    return this.file === IN_MEMORY || checkpoint(this.#db, waitMs);
  }

  /** All batches in order of arrival. */
  batches(): ReceivedBatch[] {
    return this.#statements.batches.all().map((record) => ({
      pipelineId: record.pipeline,
      config: JSON.parse(record.config),
      inferenceIds: JSON.parse(record.inference_ids),
      receivedAt: record.received_at,
    }));
  }

  /** The connection: an index may read the rows by it, and requests whose spans are in no row yet are in the same file. */
  get database(): Database {
    return this.#db;
  }

  #notify(): void {
    this.#writes += 1;
    for (const listener of this.#listeners) listener();
  }

  /** Also moves what the write-ahead log has into the file, so that a copy of the file is complete. */
  close(): void {
    try {
      // libsql does not: statements keep its connection open until they are collected as garbage.
      if (!this.#isForReading) this.checkpoint(CLOSE_WAIT_MS);
    } catch {
      // On a full disk the rows stay in the log, which the next start reads.
    }
    this.#db.close();
  }
}

function open(file: string, connect: typeof openDatabase): Database {
  let db: Database | undefined;
  try {
    db = connect(file, CACHE_BYTES);
    migrate(db);
    return db;
  } catch (error) {
    db?.close();
    throw new Error(`cannot open ${file} as a trace database: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
