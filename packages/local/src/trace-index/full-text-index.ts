import type { Command, Database, Query } from '../storage/database.js';

/** Characters of text in one table at most, without a limit for the files. */
const MAX_LENGTH = 16 * 1024 * 1024;
const MIN_LENGTH = 64 * 1024;
/** A table has the text of a 64th of the limit for the files. */
const SHARE = 64;
/** Added to the length of each text, because traces without words take space too. */
const TRACE_LENGTH = 100;

export const PARTITIONS_TABLE = `
  CREATE TABLE partitions (first INTEGER PRIMARY KEY, length INTEGER NOT NULL);
`;

/** How many characters of text one table takes, so that dropping one deletes a small part of the files. */
export function partitionLength(maxBytes = Number.POSITIVE_INFINITY): number {
  return Math.max(MIN_LENGTH, Math.min(MAX_LENGTH, Math.floor(maxBytes / SHARE)));
}

/**
 * The full-text index: FTS5 tables, each for consecutive traces with 16 MB of text, or less where the files have a limit. An
 * old table is dropped whole: FTS5 frees the space of single rows by rewriting a table, which takes seconds. So the words of
 * deleted traces take no more space than one table.
 *
 * Measured over 20,000 generated texts of 3.5 KB: `unicode61` took 0.7 ms and 1.4 KB a trace, `trigram` 4.4 ms and 9.8 KB,
 * and its searches took ten times as long; with a prefix index, `unicode61` took 1.3 ms and 2.7 KB. So words and their
 * beginnings are found, parts in the middle of a word are not.
 */
export class FullTextIndex {
  readonly #db: Database;
  readonly #maxLength: number;
  /** In order of their first trace. */
  #partitions: Partition[] = [];

  /** @param maxLength characters of text in one table */
  constructor(db: Database, maxLength: number) {
    this.#db = db;
    this.#maxLength = maxLength;
    this.reload();
  }

  /** Reads which tables there are: at the start, after a rollback, and when another process wrote the index. */
  reload(): void {
    this.#partitions = this.#db
      .query<PartitionRecord>('SELECT first, length FROM partitions ORDER BY first')
      .all()
      .map((record) => new Partition(this.#db, record));
  }

  /** Adds the text of a trace. Numbers come in increasing order. */
  add(number: number, text: string): void {
    const last = this.#partitions.at(-1);
    const partition = last && last.length < this.#maxLength ? last : this.#create(number);
    partition.set(number, text);
  }

  /** Replaces the text of a trace that was added. */
  replace(number: number, text: string): void {
    this.#partitionOf(number)?.set(number, text);
  }

  remove(number: number): void {
    this.#partitionOf(number)?.remove(number);
  }

  /**
   * Numbers of the traces from `from` to `to` that match the expression, in any order: those of one table at a time, so that
   * other reads take turns.
   */
  *matches(expression: string, from: number, to: number): Generator<readonly number[]> {
    for (let first: number | undefined = from; first !== undefined && first <= to; ) {
      // Found by its number each time, since old tables may have been dropped meanwhile.
      const index = Math.max(this.#indexOf(first), 0);
      const partition = this.#partitions[index];
      if (!partition || partition.first > to) return;
      first = this.#partitions[index + 1]?.first;
      yield partition.match(expression, from, to);
    }
  }

  /** Drops the tables that have no trace above this number. The last table stays: the next trace is added to it. */
  dropUpTo(number: number): void {
    for (;;) {
      const [oldest, next] = this.#partitions;
      if (!oldest || !next || next.first - 1 > number) return;
      oldest.drop();
      this.#partitions.shift();
    }
  }

  #partitionOf(number: number): Partition | undefined {
    return this.#partitions[this.#indexOf(number)];
  }

  /** The index of the last partition whose first trace is not above this number; -1 if there is none. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#partitions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#partitions[middle]?.first ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #create(first: number): Partition {
    this.#db.exec(
      `CREATE VIRTUAL TABLE search_${first} USING fts5(
         text, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2")`,
    );
    // Each transaction leaves a piece of the index; merging 16 at a time rather than 4 rewrites each word half as often.
    this.#db.exec(`INSERT INTO search_${first} (search_${first}, rank) VALUES ('automerge', 16)`);
    this.#db.command('INSERT INTO partitions VALUES (?, 0)').run(first);
    const partition = new Partition(this.#db, { first, length: 0 });
    this.#partitions.push(partition);
    return partition;
  }
}

interface PartitionRecord {
  readonly first: number;
  readonly length: number;
}

/** One table of the full-text index. */
class Partition {
  /** Number of its first trace. */
  readonly first: number;
  length: number;
  readonly #db: Database;
  #statements: ReturnType<typeof statementsOf> | undefined;

  constructor(db: Database, { first, length }: PartitionRecord) {
    this.#db = db;
    this.first = first;
    this.length = length;
  }

  set(number: number, text: string): void {
    const added = text.length + TRACE_LENGTH;
    this.length += added;
    this.#to.set.run(number, text);
    this.#to.addLength.run(added, this.first);
  }

  remove(number: number): void {
    this.#to.remove.run(number);
  }

  match(expression: string, from: number, to: number): readonly number[] {
    const ids = this.#to.match.get(expression, from, to)?.ids;
    return ids ? ids.split(',').map(Number) : [];
  }

  drop(): void {
    this.#db.exec(`DROP TABLE search_${this.first}`);
    this.#db.command('DELETE FROM partitions WHERE first = ?').run(this.first);
  }

  /** Prepared at the first use, since there may be hundreds of tables. */
  get #to() {
    this.#statements ??= statementsOf(this.#db, `search_${this.first}`);
    return this.#statements;
  }
}

function statementsOf(
  db: Database,
  table: string,
): {
  readonly set: Command;
  readonly remove: Command;
  readonly match: Query<{ ids: string | null }>;
  readonly addLength: Command;
} {
  return {
    set: db.command(`INSERT OR REPLACE INTO ${table} (rowid, text) VALUES (?, ?)`),
    remove: db.command(`DELETE FROM ${table} WHERE rowid = ?`),
    // One text for all rows, because libsql takes a microsecond for each row.
    match: db.query(
      `SELECT group_concat(rowid) AS ids FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ?`,
    ),
    addLength: db.command('UPDATE partitions SET length = length + ? WHERE first = ?'),
  };
}
