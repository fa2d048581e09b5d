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

/** Reads rows by their numbers, and their changes. The store and the index each have a reader for their own connection. */
export class RowReader {
  readonly #byNumber: Query<RowRecord>;
  readonly #after: Query<RowRecord>;
  readonly #version: Query<{ readonly bytes: number; readonly updated_at: number | null }>;
  readonly #changesAfter: Query<RowChange>;
  readonly #source: Query<{ readonly source: number }>;

  constructor(db: Database) {
    this.#byNumber = db.query(`${SELECT_ROWS} WHERE rows.id = ?`);
    this.#after = db.query(`${SELECT_ROWS} WHERE rows.id > ? ORDER BY rows.id LIMIT ?`);
    this.#version = db.query('SELECT bytes, updated_at FROM rows WHERE id = ?');
    this.#changesAfter = db.query(
      'SELECT id, trace AS row, kind FROM changes WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#source = db.query('SELECT source FROM totals');
  }

  get(number: number): RowRecord | undefined {
    return this.#byNumber.get(number);
  }

  /** The first rows after that number, `limit` at most. */
  after(number: number, limit: number): RowRecord[] {
    return this.#after.all(number, limit);
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

  /** A number that differs between traces files. */
  get source(): number {
    return this.#source.get()?.source ?? 0;
  }
}

/** Differs after each update of a row. */
export function versionOf({ updated_at, bytes }: Pick<RowRecord, 'updated_at' | 'bytes'>): string {
  return `${updated_at} ${bytes}`;
}
