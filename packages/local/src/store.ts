import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataStreamRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import Database from 'libsql';

/** One accepted data-stream call. */
export interface ReceivedBatch {
  readonly pipelineId: string;
  readonly config: WireConfig;
  readonly inferenceIds: readonly string[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** A row and its number, which grows in order of arrival. */
export interface StoredRow {
  readonly id: number;
  readonly row: WireRow;
}

export interface PageRequest {
  readonly pipelineId: string;
  readonly isAscending: boolean;
  readonly limit: number;
  readonly offset: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, config TEXT NOT NULL,
    inference_ids TEXT NOT NULL, received_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, inference_id TEXT NOT NULL,
    columns TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS rows_by_inference_id ON rows (inference_id, pipeline);
`;

/** Rows and batches in SQLite, as JSON text. A row whose inference ID is known is kept beside it. */
export class Store {
  readonly #db: InstanceType<typeof Database>;
  readonly #insertRow;
  readonly #insertBatch;
  readonly #append;
  #count: number;

  constructor(file: string) {
    this.#db = openDatabase(file);
    this.#insertRow = this.#db.prepare<[string, string, string]>(
      'INSERT INTO rows (pipeline, inference_id, columns) VALUES (?, ?, ?)',
    );
    this.#insertBatch = this.#db.prepare<[string, string, string, number]>(
      'INSERT INTO batches (pipeline, config, inference_ids, received_at) VALUES (?, ?, ?, ?)',
    );
    this.#append = this.#db.transaction((pipelineId: string, request: DataStreamRequest) => {
      const ids = request.rows.map((row) => row.inferenceId);
      const config = JSON.stringify(request.config);
      this.#insertBatch.run(pipelineId, config, JSON.stringify(ids), Date.now());
      for (const row of request.rows) {
        this.#insertRow.run(pipelineId, row.inferenceId, JSON.stringify(row));
      }
    });
    this.#count = this.#all<{ n: number }>('SELECT count(*) AS n FROM rows')[0]?.n ?? 0;
  }

  /** How many rows there are, in all pipelines. */
  get count(): number {
    return this.#count;
  }

  /** Stores all rows of a data-stream call, or none. */
  append(pipelineId: string, request: DataStreamRequest): void {
    this.#append(pipelineId, request);
    this.#count += request.rows.length;
  }

  /** All rows in order of arrival. */
  rows(pipelineId?: string): StoredRow[] {
    return (
      pipelineId === undefined
        ? this.#all<RowRecord>('SELECT id, columns FROM rows ORDER BY id')
        : this.#all<RowRecord>(
            'SELECT id, columns FROM rows WHERE pipeline = ? ORDER BY id',
            pipelineId,
          )
    ).map(toStoredRow);
  }

  page({ pipelineId, isAscending, limit, offset }: PageRequest): StoredRow[] {
    return this.#all<RowRecord>(
      `SELECT id, columns FROM rows WHERE pipeline = ?
       ORDER BY id ${isAscending ? 'ASC' : 'DESC'} LIMIT ? OFFSET ?`,
      pipelineId,
      limit,
      offset,
    ).map(toStoredRow);
  }

  /** The latest row with this inference ID. */
  find(inferenceId: string, pipelineId?: string): StoredRow | undefined {
    return this.#all<RowRecord>(
      `SELECT id, columns FROM rows WHERE inference_id = ? AND pipeline = coalesce(?, pipeline)
       ORDER BY id DESC LIMIT 1`,
      inferenceId,
      pipelineId ?? null,
    ).map(toStoredRow)[0];
  }

  replace({ id, row }: StoredRow): void {
    this.#db.prepare('UPDATE rows SET columns = ? WHERE id = ?').run(JSON.stringify(row), id);
  }

  /** Deletes every row with this inference ID and returns how many there were. */
  remove(inferenceId: string, pipelineId: string): number {
    const { changes } = this.#db
      .prepare('DELETE FROM rows WHERE inference_id = ? AND pipeline = ?')
      .run(inferenceId, pipelineId);
    this.#count -= changes;
    return changes;
  }

  batches(): ReceivedBatch[] {
    return this.#all<BatchRecord>('SELECT * FROM batches ORDER BY id').map((record) => ({
      pipelineId: record.pipeline,
      config: JSON.parse(record.config),
      inferenceIds: JSON.parse(record.inference_ids),
      receivedAt: record.received_at,
    }));
  }

  close(): void {
    this.#db.close();
  }

  /** The caller names the shape that its own query selects. */
  #all<T>(sql: string, ...values: (string | number | null)[]): T[] {
    return this.#db.prepare(sql).all(...values) as T[];
  }
}

interface RowRecord {
  readonly id: number;
  readonly columns: string;
}

interface BatchRecord {
  readonly pipeline: string;
  readonly config: string;
  readonly inference_ids: string;
  readonly received_at: number;
}

function toStoredRow({ id, columns }: RowRecord): StoredRow {
  return { id, row: JSON.parse(columns) };
}

function openDatabase(file: string): InstanceType<typeof Database> {
  try {
    if (file !== ':memory:') createPrivately(file);
    const db = new Database(file, { timeout: 5000 });
    // With a write-ahead log, NORMAL survives the death of the process without an fsync per call.
    if (file !== ':memory:') db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    throw new Error(`cannot open ${file} as a trace database: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Traces hold users' words: only the owner may read them. SQLite's side files inherit the mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
}
