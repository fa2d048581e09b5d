import type { TimeBudget } from '../../http/time-budget.js';
import type { Command, Database, Query } from '../../storage/database.js';
import { TOKENIZER, type Tokenizer } from './tokenizer.js';
import { Vocabulary } from './vocabulary.js';

/** Words of one row of a table of words: neighbours in the alphabet share most of their trigrams. */
const ROW_WORDS = 32;
/** Words that are read at a time. */
const STRIDE = 64 * ROW_WORDS;
/** Pages of 4 KB that are merged at a time. */
const MERGED_PAGES = 64;
/** Of the words of one transaction, which are in memory until it ends. */
const HASH_BYTES = 8 * 1024 * 1024;
/** Trigrams of a part that are looked up. */
const MAX_TRIGRAMS = 16;
/** Added to the length of each text, because traces without words take space too. */
const TRACE_LENGTH = 100;

/** `has_words` of a partition: none, `words_N`, and `words_N` beside a `search_N` that is one piece. */
const WORDS = { none: 0, indexed: 1, merged: 2 } as const;

/** In the order of `first`, which is the number of the first trace. */
export const PARTITIONS_TABLE = `
  CREATE TABLE partitions (
    first INTEGER PRIMARY KEY, length INTEGER NOT NULL, has_words INTEGER NOT NULL);
`;

interface PartitionRecord {
  readonly first: number;
  readonly length: number;
  readonly has_words: number;
}

/**
 * The texts of consecutive traces. Their words are in two tables of FTS5: `search_N` finds the traces that have a word.
 * `words_N` finds the words that contain a part, by the trigrams of the words; it is written once the partition is full, and
 * then `search_N` is merged. Until then `vocabulary_N`, a view of `search_N`, is read from its first word to its last.
 */
export class Partition {
  /** Number of its first trace. */
  readonly first: number;
  readonly #db: Database;
  readonly #tokenizer: Tokenizer;
  #length: number;
  #isLengthSaved = true;
  #hasWords: boolean;
  #isMerged: boolean;
  #statements: ReturnType<typeof statementsOf> | undefined;
  #wordStatements: ReturnType<typeof wordStatementsOf> | undefined;
  /** Its words, while it gets texts and parts of words are searched. */
  #vocabulary: Vocabulary | undefined;

  private constructor(db: Database, tokenizer: Tokenizer, record: PartitionRecord) {
    this.#db = db;
    this.#tokenizer = tokenizer;
    this.first = record.first;
    this.#length = record.length;
    this.#hasWords = record.has_words !== WORDS.none;
    this.#isMerged = record.has_words === WORDS.merged;
  }

  /** Creates an empty partition. */
  static create(db: Database, tokenizer: Tokenizer, first: number): Partition {
    db.exec(`
      CREATE VIRTUAL TABLE search_${first} USING fts5(
        text, content='', contentless_delete=1, ${TOKENIZER});
      CREATE VIRTUAL TABLE vocabulary_${first} USING fts5vocab(search_${first}, row);`);
    // Each transaction leaves a piece of the index, and another for each `hashsize` bytes; merging 16 at a time rather than 4
    // rewrites each word half as often.
    for (const [option, value] of Object.entries({ automerge: 16, hashsize: HASH_BYTES })) {
      db.exec(`INSERT INTO search_${first} (search_${first}, rank) VALUES ('${option}', ${value})`);
    }
    db.command('INSERT INTO partitions VALUES (?, 0, 0)').run(first);
    return new Partition(db, tokenizer, { first, length: 0, has_words: 0 });
  }

  /** All partitions, oldest first. */
  static all(db: Database, tokenizer: Tokenizer): Partition[] {
    return db
      .query<PartitionRecord>('SELECT first, length, has_words FROM partitions ORDER BY first')
      .all()
      .map((record) => new Partition(db, tokenizer, record));
  }

  /** Characters of all texts that were written, and something for each trace. */
  get length(): number {
    return this.#length;
  }

  /** Whether `indexWords` and `merge` have run. */
  get isComplete(): boolean {
    return this.#isMerged;
  }

  /** Adds the text of a trace that the partition does not have. */
  add(number: number, text: string): void {
    this.#write(this.#to.add, number, text);
  }

  /** Replaces the text of a trace, if the partition has it. */
  replace(number: number, text: string): void {
    this.#write(this.#to.replace, number, text);
  }

  #write(to: Command, number: number, text: string): void {
    this.#length += text.length + TRACE_LENGTH;
    this.#isLengthSaved = false;
    // Before the text is written: a word that `search_N` has is in `words_N` too.
    if (this.#hasWords) this.#addWords(this.#newWordsOf(text));
    to.run(number, text);
    if (this.#vocabulary?.add(text) === false) this.#vocabulary = undefined;
  }

  /** Writes the length, in the transaction that added texts. */
  saveLength(): void {
    if (this.#isLengthSaved) return;
    this.#to.setLength.run(this.#length, this.first);
    this.#isLengthSaved = true;
  }

  remove(number: number): void {
    this.#to.remove.run(number);
  }

  /** Numbers of the traces from `from` to `to` that match an expression of FTS5, in any order. */
  match(expression: string, from: number, to: number): readonly number[] {
    const ids = this.#to.match.get(expression, from, to)?.ids;
    return ids ? numbersIn(ids) : [];
  }

  /**
   * The words that contain a part of at least three characters.
   * @param isThere whether the partition was not dropped meanwhile: without `words_N` this pauses for other reads
   */
  async wordsWith(
    part: string,
    budget: TimeBudget,
    isThere: () => boolean,
  ): Promise<readonly string[]> {
    if (!this.#hasWords) return wordsIn(await this.#readVocabulary(budget, isThere), part);
    const rows = this.#words.find.get(trigramsOf(part))?.rows;
    return rows ? wordsIn(rows, part) : [];
  }

  /** Writes `words_N` if it is missing, else merges `search_N`, within a transaction. */
  async complete(budget: TimeBudget): Promise<void> {
    if (this.#hasWords) await this.#merge(budget);
    else await this.#indexWords(budget);
  }

  async #indexWords(budget: TimeBudget): Promise<void> {
    const table = `words_${this.first}`;
    this.#db.exec(
      `DROP TABLE IF EXISTS ${table};
       CREATE VIRTUAL TABLE ${table} USING fts5(
         words, detail=none, columnsize=0, tokenize="trigram case_sensitive 1")`,
    );
    for (const words of this.#slices()) {
      this.#addWords(words.split(' '));
      await budget.turn();
    }
    // One piece of the index is searched in half the time of several.
    this.#db.exec(`INSERT INTO ${table} (${table}) VALUES ('optimize')`);
    this.#to.setHasWords.run(WORDS.indexed, this.first);
    this.#hasWords = true;
    this.#vocabulary = undefined;
  }

  /**
   * Makes one piece of `search_N`: a full partition has some fifteen, and a search looks up each word in each of them. FTS5's
   * `optimize` would do so without pauses for reads.
   */
  async #merge(budget: TimeBudget): Promise<void> {
    const { merge, totalChanges } = this.#to;
    const changes = () => totalChanges.get()?.changes ?? 0;
    // A negative number begins to merge all pieces; others go on, and change less than two rows when there is nothing to merge.
    for (let pages = -MERGED_PAGES; ; pages = MERGED_PAGES) {
      await budget.turn();
      const before = changes();
      merge.run(pages);
      if (changes() - before < 2) break;
    }
    this.#to.setHasWords.run(WORDS.merged, this.first);
    this.#isMerged = true;
  }

  drop(): void {
    const tables = ['vocabulary', ...(this.#hasWords ? ['words'] : []), 'search'];
    for (const name of tables) this.#db.exec(`DROP TABLE ${name}_${this.first}`);
    this.#db.command('DELETE FROM partitions WHERE first = ?').run(this.first);
  }

  /** The different words of a text that the partition lacks. */
  #newWordsOf(text: string): readonly string[] {
    const words = [...new Set(this.#tokenizer.wordsOf(text))];
    const missing = this.#to.missing.get(JSON.stringify(words))?.words;
    return missing ? missing.split(' ') : [];
  }

  #addWords(words: readonly string[]): void {
    for (let i = 0; i < words.length; i += ROW_WORDS) {
      this.#words.add.run(words.slice(i, i + ROW_WORDS).join(' '));
    }
  }

  async #readVocabulary(budget: TimeBudget, isThere: () => boolean): Promise<string> {
    if (this.#vocabulary?.isComplete) return this.#vocabulary.words;
    const vocabulary = new Vocabulary(this.#tokenizer);
    this.#vocabulary = vocabulary;
    const slices: string[] = [];
    for (const words of this.#slices()) {
      slices.push(words);
      await budget.turn();
      if (!isThere()) return '';
    }
    vocabulary.complete(slices.join(' '));
    // After `indexWords`, which may have run meanwhile, nobody reads them again.
    if (this.#hasWords) this.#vocabulary = undefined;
    return vocabulary.words;
  }

  /** The words of `search_N` in their order, some at a time. */
  *#slices(): Generator<string> {
    let last: string | null = '';
    for (;;) {
      const slice: Slice | undefined = this.#to.slice.get(last, STRIDE);
      if (!slice || slice.words === null || slice.last === null) return;
      yield slice.words;
      last = slice.last;
    }
  }

  /** Prepared at the first use, since there may be hundreds of partitions. */
  get #to() {
    this.#statements ??= statementsOf(this.#db, this.first);
    return this.#statements;
  }

  get #words() {
    this.#wordStatements ??= wordStatementsOf(this.#db, this.first);
    return this.#wordStatements;
  }
}

/** The numbers of a text in which commas separate them: `split` and `Number` take three times as long. */
function numbersIn(text: string): readonly number[] {
  const numbers: number[] = [];
  let number = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === COMMA) {
      numbers.push(number);
      number = 0;
    } else number = 10 * number + unit - ZERO;
  }
  numbers.push(number);
  return numbers;
}

const COMMA = 44;
const ZERO = 48;

/** The different words of a text that contain a part, where spaces are between the words. */
function wordsIn(text: string, part: string): readonly string[] {
  const found = new Set<string>();
  for (let at = text.indexOf(part); at >= 0; ) {
    const end = text.indexOf(' ', at);
    found.add(text.slice(text.lastIndexOf(' ', at) + 1, end < 0 ? text.length : end));
    if (end < 0) break;
    at = text.indexOf(part, end);
  }
  return [...found];
}

/** The expression for the rows that may have a part: those with its trigrams. */
function trigramsOf(part: string): string {
  const characters = [...part];
  const trigrams = new Set<string>();
  for (let i = 0; i + 2 < characters.length && trigrams.size < MAX_TRIGRAMS; i += 1) {
    trigrams.add(`"${characters.slice(i, i + 3).join('')}"`);
  }
  return [...trigrams].join(' ');
}

interface Slice {
  readonly words: string | null;
  readonly last: string | null;
}

function statementsOf(
  db: Database,
  first: number,
): {
  readonly add: Command;
  readonly replace: Command;
  readonly remove: Command;
  readonly match: Query<{ ids: string | null }>;
  readonly slice: Query<Slice>;
  readonly missing: Query<{ words: string | null }>;
  readonly setLength: Command;
  readonly setHasWords: Command;
  readonly merge: Command;
  readonly totalChanges: Query<{ changes: number }>;
} {
  const table = `search_${first}`;
  return {
    add: db.command(`INSERT INTO ${table} (rowid, text) VALUES (?, ?)`),
    replace: db.command(`INSERT OR REPLACE INTO ${table} (rowid, text) VALUES (?, ?)`),
    remove: db.command(`DELETE FROM ${table} WHERE rowid = ?`),
    // One text for all rows, because libsql takes a microsecond for each row.
    match: db.query(
      `SELECT group_concat(rowid) AS ids FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ?`,
    ),
    slice: db.query(
      `SELECT group_concat(term, ' ') AS words, max(term) AS last
       FROM (SELECT term FROM vocabulary_${first} WHERE term > ? ORDER BY term LIMIT ?)`,
    ),
    // Measured with 60,000 words: 20 us for each that is looked up.
    missing: db.query(
      `SELECT group_concat(value, ' ') AS words FROM json_each(?)
       WHERE NOT EXISTS (SELECT 1 FROM vocabulary_${first} WHERE term = value)`,
    ),
    setLength: db.command('UPDATE partitions SET length = ? WHERE first = ?'),
    setHasWords: db.command('UPDATE partitions SET has_words = ? WHERE first = ?'),
    merge: db.command(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`),
    totalChanges: db.query('SELECT total_changes() AS changes'),
  };
}

function wordStatementsOf(
  db: Database,
  first: number,
): { readonly add: Command; readonly find: Query<{ rows: string | null }> } {
  const table = `words_${first}`;
  return {
    add: db.command(`INSERT INTO ${table} VALUES (?)`),
    find: db.query(`SELECT group_concat(words, ' ') AS rows FROM ${table} WHERE ${table} MATCH ?`),
  };
}
