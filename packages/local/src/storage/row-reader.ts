import type { Database, Query } from './database.js';
import { type RowRecord, SELECT_ROWS } from './stored-row.js';

/** An update or a deletion of stored rows. */
export interface RowChange {
  /** Increases from change to change. */
  readonly id: number;
  /** The number of the row; for `CHANGE.deletedUpTo`, of the last one. */
  readonly row: number;
  /** One of `CHANGE`. */
  readonly kind: number;
}

/** The number of a row, and the length of its text. */
export type RowSize = Pick<RowRecord, 'id' | 'bytes'>;

/** Consecutive rows. */
export interface SomeRows {
  readonly records: readonly RowRecord[];
  /** Whether there were no more. */
  readonly isEnd: boolean;
}

/** Bytes of the texts of rows that are read at a time. A row that is larger is read alone. */
const MAX_BYTES_AT_A_TIME = 8 * 1024 * 1024;

/** Reads rows by their numbers, and their changes. The store and the index each have a reader for their own connection. */
export class RowReader {
  readonly #byNumber: Query<RowRecord>;
  readonly #after: Query<RowRecord>;
  readonly #sizesAfter: Query<RowSize>;
  readonly #afterInPipeline: Query<RowRecord>;
  readonly #sizesAfterInPipeline: Query<RowSize>;
  readonly #version: Query<{ readonly bytes: number; readonly updated_at: number | null }>;
  readonly #changesAfter: Query<RowChange>;
  readonly #source: Query<{ readonly source: number }>;
  readonly #lastId: Query<{ readonly id: number }>;
  readonly #receivedAt: Query<{ readonly received_at: number }>;

  constructor(db: Database) {
    this.#byNumber = db.query(`${SELECT_ROWS} WHERE rows.id = ?`);
    this.#after = db.query(`${SELECT_ROWS} WHERE rows.id > ? ORDER BY rows.id LIMIT ?`);
    this.#sizesAfter = db.query('SELECT id, bytes FROM rows WHERE id > ? ORDER BY id LIMIT ?');
    this.#afterInPipeline = db.query(
      `${SELECT_ROWS} WHERE rows.pipeline = ? AND rows.id > ? ORDER BY rows.id LIMIT ?`,
    );
    this.#sizesAfterInPipeline = db.query(
      'SELECT id, bytes FROM rows WHERE pipeline = ? AND id > ? ORDER BY id LIMIT ?',
    );
    this.#version = db.query('SELECT bytes, updated_at FROM rows WHERE id = ?');
    this.#changesAfter = db.query(
      'SELECT id, trace AS row, kind FROM changes WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#source = db.query('SELECT source FROM totals');
    this.#lastId = db.query('SELECT seq AS id FROM sqlite_sequence WHERE name = ?');
    this.#receivedAt = db.query(
      `SELECT coalesce(received_at, 0) AS received_at
       FROM rows LEFT JOIN batches ON batches.id = rows.batch WHERE rows.id = ?`,
    );
  }

  get(number: number): RowRecord | undefined {
    return this.#byNumber.get(number);
  }

  /** The first rows after that number: `limit` at most, and fewer if they are large. */
  after(number: number, limit: number): SomeRows {
    const sizes = this.#sizesAfter.all(number, limit);
    const count = countWithin(sizes);
    const records = count === 0 ? [] : this.#after.all(number, count);
    return { records, isEnd: count === sizes.length && sizes.length < limit };
  }

  /** As `after`, of one pipeline. */
  afterInPipeline(pipelineId: string, number: number, limit: number): SomeRows {
    const sizes = this.#sizesAfterInPipeline.all(pipelineId, number, limit);
    const count = countWithin(sizes);
    const records = count === 0 ? [] : this.#afterInPipeline.all(pipelineId, number, count);
    return { records, isEnd: count === sizes.length && sizes.length < limit };
  }

  /** Differs after each update of the row; undefined if there is no such row. */
  versionOf(number: number): string | undefined {
    const version = this.#version.get(number);
    return version && versionOf(version);
  }

  /** The first changes after the one with that id, `limit` at most. */
  changesAfter(id: number, limit: number): RowChange[] {
    return this.#changesAfter.all(id, limit);
  }

  /** The number of the newest row, also if it is deleted. */
  get newest(): number {
    return this.#lastId.get('rows')?.id ?? 0;
  }

  /** The id of the newest change, also if it is forgotten. */
  get newestChange(): number {
    return this.#lastId.get('changes')?.id ?? 0;
  }

  /** When the row came, in epoch milliseconds; undefined if there is no such row. */
  receivedAt(number: number): number | undefined {
    return this.#receivedAt.get(number)?.received_at;
  }

  /** A number that differs between traces files, but not between copies of one. */
  get source(): number {
    return this.#source.get()?.source ?? 0;
  }
}

/** How many of the first rows may be read at a time: at least one. */
function countWithin(sizes: readonly RowSize[]): number {
  let bytes = 0;
  let count = 0;
  for (const size of sizes) {
    bytes += size.bytes;
    if (count > 0 && bytes > MAX_BYTES_AT_A_TIME) break;
    count += 1;
  }
  return count;
}

/** Differs after each update of a row. */
export function versionOf({ updated_at, bytes }: Pick<RowRecord, 'updated_at' | 'bytes'>): string {
  return `${updated_at} ${bytes}`;
}
