import type { Command, Database, Query } from './database.js';

/** Numbers of traces in one table. */
export const PARTITION_LENGTH = 65_536;

/**
 * The full-text index: one FTS5 table for each 65,536 traces. The newest table is searched first, so that a word that is in every
 * trace costs as little as a rare one; old tables are dropped whole.
 *
 * Measured over 20,000 generated texts of 3.5 KB: `unicode61` took 0.7 ms and 1.4 KB a trace, `trigram` 4.4 ms and 9.8 KB,
 * and its searches took ten times as long; with a prefix index, `unicode61` took 1.3 ms and 2.7 KB. So words and their
 * beginnings are found, parts in the middle of a word are not.
 */
export class Search {
  readonly #db: Database;
  readonly #partitions = new Map<number, Partition>();

  constructor(db: Database) {
    this.#db = db;
    const tables = db
      .query<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'search_[0-9]*' AND sql LIKE 'CREATE VIRTUAL%'",
      )
      .all();
    for (const { name } of tables) this.#open(Number(name.slice('search_'.length)));
  }

  /** Adds the text of a trace, or replaces it. */
  set(number: number, text: string): void {
    this.#partition(number).set.run(number, text);
  }

  remove(number: number): void {
    this.#partitions.get(Math.floor(number / PARTITION_LENGTH))?.remove.run(number);
  }

  /** Numbers of the traces from `from` to `to` that match the expression, in any order. Both are in one partition. */
  match(expression: string, from: number, to: number): readonly number[] {
    const partition = this.#partitions.get(Math.floor(from / PARTITION_LENGTH));
    const ids = partition?.match.get(expression, from, to)?.ids;
    return ids ? ids.split(',').map(Number) : [];
  }

  /** Drops the tables that have no trace above this number. */
  dropUpTo(number: number): void {
    for (const index of this.#partitions.keys()) {
      if ((index + 1) * PARTITION_LENGTH - 1 > number) continue;
      this.#partitions.delete(index);
      this.#db.exec(`DROP TABLE search_${index}`);
    }
  }

  #partition(number: number): Partition {
    const index = Math.floor(number / PARTITION_LENGTH);
    return this.#partitions.get(index) ?? this.#create(index);
  }

  #create(index: number): Partition {
    this.#db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS search_${index} USING fts5(
         text, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2")`,
    );
    // Each transaction leaves a piece of the index; merging 16 at a time rather than 4 rewrites each word half as often.
    this.#db.exec(`INSERT INTO search_${index} (search_${index}, rank) VALUES ('automerge', 16)`);
    return this.#open(index);
  }

  #open(index: number): Partition {
    const table = `search_${index}`;
    const partition = {
      set: this.#db.command(`INSERT OR REPLACE INTO ${table} (rowid, text) VALUES (?, ?)`),
      remove: this.#db.command(`DELETE FROM ${table} WHERE rowid = ?`),
      // One text for all rows, because libsql takes a microsecond for each row.
      match: this.#db.query<{ ids: string | null }>(
        `SELECT group_concat(rowid) AS ids FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ?`,
      ),
    };
    this.#partitions.set(index, partition);
    return partition;
  }
}

interface Partition {
  readonly set: Command;
  readonly remove: Command;
  readonly match: Query<{ ids: string | null }>;
}
