import { setTimeout } from 'node:timers/promises';
import { isRecord, type Json, toJson } from '../json.js';
import type { TraceSummary } from '../page-api.js';
import { placedSteps } from '../reading/steps.js';
import { type ReceivedRow, summaryOf } from '../reading/summary.js';
import { decodeBody } from '../storage/body.js';
import { type Database, IN_MEMORY, openDatabase, usedBytes } from '../storage/database.js';
import { CHANGE } from '../storage/schema.js';
import { Budget } from './budget.js';
import { Facts, modelsHash, packFacts } from './facts.js';
import { hashOf } from './hash.js';
import { partitionLength, SEARCH_TABLES, Search } from './search.js';
import { searchText } from './search-text.js';

const VERSION = 7;
const CACHE_BYTES = 16 * 1024 * 1024;
/** A transaction writes this many traces to the index at most, and ends after `BATCH_MS` if a read waits for it. */
const BATCH = 500;
const BATCH_MS = 30;
/** Rows that are read at a time. */
const STRIDE = 20;
const LOAD_STRIDE = 5000;
/** Pages that are given back to the file system after a deletion. */
const FREED_PAGES = 1000;
/** Labels that no trace has stay as long as all labels take fewer bytes. */
const LABEL_BYTES = 64 * 1024;
/** Bytes that a label takes beside its text, at most. */
const LABEL_OVERHEAD = 50;

const TABLES = `
  CREATE TABLE meta (
    source INTEGER NOT NULL, newest INTEGER NOT NULL, change INTEGER NOT NULL);
  CREATE TABLE facts (id INTEGER PRIMARY KEY, facts BLOB NOT NULL);
  CREATE TABLE summaries (id INTEGER PRIMARY KEY, summary TEXT NOT NULL);
  CREATE TABLE labels (
    kind TEXT NOT NULL, hash INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, hash))
    WITHOUT ROWID;
  ${SEARCH_TABLES}
`;

/** Texts that many traces share, by the hashes that the facts have of them. */
export type LabelKind = (typeof LABEL_KINDS)[number];

const LABEL_KINDS = ['pipeline', 'name', 'route', 'models'] as const;

/** The changes that a catch-up found. */
export interface Changes {
  /** Numbers that were added: from the first to the last, both included. */
  readonly added: readonly [from: number, to: number] | undefined;
  readonly changed: readonly number[];
  readonly deleted: readonly number[];
  /** All up to this number were deleted; 0 for none. */
  readonly deletedUpTo: number;
}

const NO_CHANGES: Changes = { added: undefined, changed: [], deleted: [], deletedUpTo: 0 };

/** How far something has followed the rows and their changes. */
export interface Position {
  /** Number of a row. */
  readonly newest: number;
  /** Number of a change of a row. */
  readonly change: number;
}

export interface TraceIndexOptions {
  /** Called after each transaction that changed something. */
  readonly onChanges?: (changes: Changes) => void;
  /** The first call of `onChanges` also has what the file got after this position, before the index was opened. */
  readonly since?: Position | undefined;
  /** The limit for the files, in bytes: words are deleted in small parts of it. */
  readonly maxBytes?: number | undefined;
}

/** A read that waits until the index has the rows up to a number, and the changes of rows up to now. */
interface Waiting {
  readonly upTo: number;
  readonly resolve: () => void;
}

type Added = readonly [number: number, facts: Buffer];

interface WrittenRows {
  readonly added: readonly Added[];
  /** Number of the last row that the index has. */
  readonly newest: number;
  readonly isEndOfRows: boolean;
}

interface AppliedChanges {
  readonly replaced: readonly Added[];
  readonly removed: readonly number[];
  readonly removedUpTo: number;
  /** Number of the last change that the index has. */
  readonly change: number;
  readonly isEndOfChanges: boolean;
}

/** Rows that may be missing before a read stops waiting for all. */
const LITTLE_LAG = 200;
const SHORT_WAIT_MS = 30;
const LONG_WAIT_MS = 5000;

/**
 * The index of a traces file: the summary of every trace, its facts in memory, and its words. It is derived from the rows
 * alone and kept in a file of its own, so that writing it never blocks writing rows. If that file is missing, of another
 * version or of another traces file, it is written anew.
 */
export class TraceIndex {
  readonly facts = new Facts();
  readonly search: Search;
  readonly #rows: Database;
  readonly #db: Database;
  readonly #statements;
  readonly #labels = new Set<string>();
  readonly #onChanges: (changes: Changes) => void;
  readonly #since: Position | undefined;
  #catchingUp: Promise<void> | undefined;
  #waiting: Waiting[] = [];
  #isClosed = false;
  #hasFreePages = false;
  #labelBytes = 0;
  /** Traces that were deleted since labels were; unknown at the start. */
  #deleted = Number.POSITIVE_INFINITY;
  readonly #isInMemory: boolean;
  #isLoaded = false;
  /** The facts in memory end at this row; another process may have brought the file further. */
  #indexedTo = 0;
  #appliedChange = 0;

  /** @param rows a connection to the traces file */
  constructor(rows: Database, file: string, options: TraceIndexOptions = {}) {
    const { onChanges = () => {}, since, maxBytes } = options;
    this.#onChanges = onChanges;
    this.#since = since;
    this.#isInMemory = file === IN_MEMORY;
    this.#rows = rows;
    this.#db = openIndex(file, sourceOf(rows));
    this.search = new Search(this.#db, partitionLength(maxBytes));
    this.#statements = statementsOf(this.#rows, this.#db);
  }

  /** Number of the last change of a row that this index has, in its file and in memory. */
  get lastChange(): number {
    return this.#appliedChange;
  }

  /** What `onChanges` has been called for. */
  get position(): Position {
    return { newest: this.facts.newest, change: this.#appliedChange };
  }

  /** Brings the index up to date with the rows, in slices, so that reads go on meanwhile. */
  catchUp(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  /**
   * Waits until the index has all rows up to `newest`. With a file it waits 30 ms if more than 200 rows are missing, else up
   * to 5 s; an empty index waits for its first rows.
   * @param newest number of the newest row
   */
  async waitFor(newest: number): Promise<void> {
    const indexed = this.facts.newest;
    const isFar = this.#isLoaded && newest - indexed > LITTLE_LAG;
    const isEmpty = isFar && indexed === 0;
    const served = new Promise<void>((resolve) => {
      this.#waiting.push({ upTo: isEmpty ? 1 : newest, resolve });
    });
    // A catch-up goes on for as long as a read waits.
    if (this.#isInMemory) return this.catchUp();
    const timer = new AbortController();
    const { signal } = timer;
    const waitMs = isFar && !isEmpty ? SHORT_WAIT_MS : LONG_WAIT_MS;
    const wait = setTimeout(waitMs, undefined, { signal });
    try {
      await Promise.race([served, this.catchUp(), wait.catch(() => {})]);
    } finally {
      timer.abort();
    }
  }

  /** The summary as JSON text. */
  summary(number: number): string | undefined {
    return this.#statements.summary.get(number)?.summary;
  }

  label(kind: LabelKind, hash: number): string | undefined {
    const text = this.#statements.label.get(kind, hash)?.text;
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** All labels of a kind. */
  labels(kind: LabelKind): readonly { readonly hash: number; readonly text: string }[] {
    return this.#statements.labels
      .all(kind)
      .map(({ hash, text }) => ({ hash, text: JSON.parse(text) as string }));
  }

  /** The row of a trace with what belongs to it. */
  row(number: number): ReceivedRow | undefined {
    const record = this.#statements.row.get(number);
    return record && received(record);
  }

  /** Differs after each update of a row; undefined if there is no such row. */
  versionOf(number: number): string | undefined {
    const version = this.#statements.version.get(number);
    return version && `${version.updated_at} ${version.bytes}`;
  }

  /** Bytes of the index that are in use. */
  get bytes(): number {
    return usedBytes(this.#db);
  }

  /** Waits for the transaction of a catch-up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#catchingUp?.catch(() => {});
    this.#db.close();
  }

  async #catchUp(): Promise<void> {
    const budget = new Budget(Number.POSITIVE_INFINITY);
    if (!this.#isLoaded) {
      // The file has all changes up to here.
      const { newest = 0, change = 0 } = this.#statements.meta.get() ?? {};
      const since = this.#since ?? { newest, change };
      [this.#indexedTo, this.#appliedChange] = [newest, Math.min(change, since.change)];
      await this.#load(budget);
      this.#labelBytes = this.#statements.labelBytes.get()?.bytes ?? 0;
      this.#isLoaded = true;
      const last = this.facts.newest;
      if (last > since.newest) this.#onChanges({ ...NO_CHANGES, added: [since.newest + 1, last] });
    }
    let isDone = false;
    // A read may have begun to wait when the last transaction had already looked for changes.
    while (!this.#isClosed && !(isDone && this.#waiting.length === 0)) {
      const batch = await this.#indexBatch(budget);
      isDone = batch.isDone;
      this.#onChanges(batch.changes);
    }
  }

  /** Reads the facts that the file has and the memory lacks: at the start, or when another process wrote them. */
  async #load(budget: Budget): Promise<void> {
    while (!this.#loadSome()) await budget.turn();
  }

  /** @returns whether these were the last */
  #loadSome(): boolean {
    const records = this.#statements.factsAfter.all(this.facts.newest, LOAD_STRIDE);
    for (const { id, facts } of records) this.facts.add(id, new DataView(facts));
    return records.length < LOAD_STRIDE;
  }

  /** Indexes some rows and changes. `isDone`: there were no more. */
  async #indexBatch(budget: Budget): Promise<{ isDone: boolean; changes: Changes }> {
    const to = this.#statements;
    const before = this.facts.newest;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const meta = to.meta.get() ?? { newest: 0, change: 0 };
      if (meta.newest !== this.#indexedTo || meta.change !== this.#appliedChange) {
        // Another process wrote the index.
        while (!this.#loadSome());
        this.#reload();
      }
      if (this.#mayHaveStaleLabels) await this.#removeStaleLabels(budget);
      const rows = await this.#writeRows(meta.newest, budget);
      const waiting = [...this.#waiting];
      const changes = await this.#applyChanges(meta, rows.newest, budget);
      const { newest } = rows;
      const { change } = changes;
      if (newest > meta.newest || change > meta.change) {
        to.setMeta.run(newest, Math.max(change, meta.change));
      }
      this.#db.exec('COMMIT');
      this.#indexedTo = newest;
      this.#appliedChange = change;
      this.#applyToMemory(rows, changes);
      if (changes.isEndOfChanges) {
        this.#serve(waiting.filter(({ upTo }) => rows.isEndOfRows || upTo <= newest));
      }
      const last = this.facts.newest;
      return {
        isDone: rows.isEndOfRows && changes.isEndOfChanges && !this.#mayHaveStaleLabels,
        changes: {
          added: last > before ? [before + 1, last] : undefined,
          changed: changes.replaced.map(([number]) => number),
          deleted: changes.removed,
          deletedUpTo: changes.removedUpTo,
        },
      };
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Indexes rows until there are no more, the batch is full, or a read has waited long enough. */
  async #writeRows(after: number, budget: Budget): Promise<WrittenRows> {
    const startedAt = performance.now();
    const added: Added[] = [];
    let newest = after;
    let isEndOfRows = false;
    while (added.length < BATCH && !isEndOfRows && !this.#isClosed) {
      if (this.#waiting.length > 0 && performance.now() > startedAt + BATCH_MS) break;
      const records = this.#statements.rowsAfter.all(newest, STRIDE);
      for (const record of records) {
        added.push([record.id, this.#write(record, 'add')]);
        newest = record.id;
      }
      isEndOfRows = records.length < STRIDE;
      // No pause after the last rows: a read that came in it may wait for rows that were stored in it.
      if (!isEndOfRows) await budget.turn();
    }
    return { added, newest, isEndOfRows };
  }

  /**
   * Applies changes of rows to the index file. Those up to `written.change` are in the file already, but not in memory.
   * @param newest the last row that the index has
   */
  async #applyChanges(
    written: { readonly change: number },
    newest: number,
    budget: Budget,
  ): Promise<AppliedChanges> {
    const to = this.#statements;
    const replaced: Added[] = [];
    const removed: number[] = [];
    let removedUpTo = 0;
    let change = Math.min(written.change, this.#appliedChange);
    const records = to.changesAfter.all(change, BATCH);
    for (const { id, trace, kind } of records) {
      change = id;
      const isWritten = id <= written.change;
      if (kind === CHANGE.deletedUpTo) {
        removedUpTo = Math.max(removedUpTo, trace);
        if (!isWritten) await this.#eraseUpTo(trace, budget);
        continue;
      }
      // The row will be indexed in its latest version.
      if (trace > newest) continue;
      const record = kind === CHANGE.updated ? to.row.get(trace) : undefined;
      if (record) replaced.push([trace, this.#write(record, 'replace')]);
      else {
        if (!isWritten) this.#erase(trace);
        removed.push(trace);
      }
      await budget.turn();
    }
    return { replaced, removed, removedUpTo, change, isEndOfChanges: records.length < BATCH };
  }

  #applyToMemory({ added }: WrittenRows, { replaced, removed, removedUpTo }: AppliedChanges): void {
    for (const [number, facts] of added) this.facts.add(number, viewOf(facts));
    for (const [number, facts] of replaced) this.facts.replace(number, viewOf(facts));
    const { count } = this.facts;
    for (const number of removed) this.facts.remove(number);
    if (removedUpTo > 0) this.facts.removeUpTo(removedUpTo);
    this.#deleted += count - this.facts.count;
    if (this.#hasFreePages) this.#db.exec(`PRAGMA incremental_vacuum(${FREED_PAGES})`);
    this.#hasFreePages = false;
  }

  /** Reads which labels and tables of words the file has. */
  #reload(): void {
    this.#labels.clear();
    this.#labelBytes = this.#statements.labelBytes.get()?.bytes ?? 0;
    this.search.reload();
  }

  /** Forgets labels and tables that the transaction had added. */
  #rollBack(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back already, as it does when the disk is full.
    }
    this.#reload();
  }

  #serve(served: readonly Waiting[]): void {
    this.#waiting = this.#waiting.filter((each) => !served.includes(each));
    for (const { resolve } of served) resolve();
  }

  /** Writes what the index has of one row. @returns its facts */
  #write(record: RowRecord, how: 'add' | 'replace'): Buffer {
    const { summary, words } = described(record);
    const facts = packFacts(summary);
    const to = this.#statements;
    to.setFacts.run(record.id, facts);
    to.setSummary.run(record.id, toJson(summary));
    this.search[how](record.id, words);
    this.#addLabel('pipeline', hashOf(summary.pipelineId), summary.pipelineId);
    this.#addLabel('name', hashOf(summary.name), summary.name);
    if (summary.route !== null) this.#addLabel('route', hashOf(summary.route), summary.route);
    if (summary.models.length > 0) {
      this.#addLabel('models', modelsHash(summary.models), JSON.stringify(summary.models));
    }
    return facts;
  }

  #addLabel(kind: LabelKind, hash: number, text: string): void {
    const key = `${kind}${hash}`;
    if (this.#labels.has(key)) return;
    if (this.#labels.size > 10_000) this.#labels.clear();
    this.#labels.add(key);
    const json = JSON.stringify(text);
    const { changes } = this.#statements.addLabel.run(kind, hash, json);
    if (changes > 0) this.#labelBytes += json.length + LABEL_OVERHEAD;
  }

  /** Whether to look for labels that no trace has: that takes a scan, so once for a quarter of the traces. */
  get #mayHaveStaleLabels(): boolean {
    return this.#labelBytes > LABEL_BYTES && this.#deleted > this.facts.count / 4;
  }

  /** Deletes the labels that no trace in memory has. */
  async #removeStaleLabels(budget: Budget): Promise<void> {
    const { labelHashes, removeLabel, labelBytes } = this.#statements;
    for (const kind of LABEL_KINDS) {
      const used = new Set<number>();
      for (const chunk of this.facts.chunks) {
        const hashes = chunk.wide[kind];
        for (let at = 0; at < chunk.length; at += 1) {
          if (!chunk.isDeleted(at)) used.add(hashes[at] ?? 0);
        }
        await budget.turn();
      }
      for (const { hash } of labelHashes.all(kind)) {
        if (!used.has(hash)) removeLabel.run(kind, hash);
      }
      await budget.turn();
    }
    this.#labels.clear();
    this.#labelBytes = labelBytes.get()?.bytes ?? 0;
    this.#deleted = 0;
    this.#hasFreePages = true;
  }

  /** The words of a trace stay until those of its whole table go: no search finds a trace without facts. */
  async #eraseUpTo(number: number, budget: Budget): Promise<void> {
    const { removeFactsUpTo, removeSummariesUpTo } = this.#statements;
    while (removeFactsUpTo.run(number, BATCH).changes > 0) await budget.turn();
    while (removeSummariesUpTo.run(number, BATCH).changes > 0) await budget.turn();
    this.search.dropUpTo(number);
    this.#hasFreePages = true;
  }

  #erase(number: number): void {
    this.#statements.removeFacts.run(number);
    this.#statements.removeSummary.run(number);
    this.search.remove(number);
  }
}

/** The summary and the words of a row. A row that cannot be read gets a summary with the error, so that other rows are indexed. */
function described(record: RowRecord): { summary: TraceSummary; words: string } {
  try {
    const row = received(record);
    const steps = placedSteps(row.row);
    const summary = summaryOf(row, steps);
    return { summary, words: searchText(summary, row.row, steps) };
  } catch (error) {
    const row = { ...factsOf(record), row: {}, config: {}, updateConfig: {}, text: '' };
    return {
      summary: { ...summaryOf(row, []), error: `the row cannot be read: ${error}` },
      words: '',
    };
  }
}

interface RowRecord {
  readonly id: number;
  readonly inference_id: string;
  readonly pipeline: string;
  readonly bytes: number;
  readonly updated_at: number | null;
  readonly update_config: string | null;
  readonly received_at: number | null;
  readonly config: string | null;
  readonly body: string | ArrayBuffer;
}

/** Members of a row that can always be read. */
function factsOf(record: RowRecord) {
  return {
    number: record.id,
    inferenceId: record.inference_id,
    pipelineId: record.pipeline,
    receivedAt: record.received_at ?? 0,
    updatedAt: record.updated_at,
    bytes: record.bytes,
  };
}

/** @throws Error if the body or a config cannot be read */
function received(record: RowRecord): ReceivedRow {
  const text = decodeBody(record.body);
  const row: unknown = JSON.parse(text);
  return {
    ...factsOf(record),
    row: isRecord(row) ? row : {},
    config: objectOf(record.config),
    updateConfig: objectOf(record.update_config),
    text,
  };
}

const NOTHING: Json = {};
let lastConfig: readonly [text: string, value: Json] = ['{}', NOTHING];

/** The object of a JSON text. Consecutive rows mostly have the same config. */
function objectOf(text: string | null): Json {
  if (text === null) return NOTHING;
  if (lastConfig[0] === text) return lastConfig[1];
  const value: unknown = JSON.parse(text);
  const object = isRecord(value) ? value : NOTHING;
  lastConfig = [text, object];
  return object;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function statementsOf(rows: Database, db: Database) {
  const selectRow = `
    SELECT rows.id, inference_id, rows.pipeline, rows.bytes, updated_at, update_config, received_at, configs.text AS config, body
    FROM rows JOIN bodies ON bodies.id = rows.id
      LEFT JOIN batches ON batches.id = rows.batch LEFT JOIN configs ON configs.id = batches.config`;
  return {
    rowsAfter: rows.query<RowRecord>(`${selectRow} WHERE rows.id > ? ORDER BY rows.id LIMIT ?`),
    row: rows.query<RowRecord>(`${selectRow} WHERE rows.id = ?`),
    version: rows.query<{ bytes: number; updated_at: number | null }>(
      'SELECT bytes, updated_at FROM rows WHERE id = ?',
    ),
    changesAfter: rows.query<{ id: number; trace: number; kind: number }>(
      'SELECT id, trace, kind FROM changes WHERE id > ? ORDER BY id LIMIT ?',
    ),
    meta: db.query<{ newest: number; change: number }>('SELECT newest, change FROM meta'),
    setMeta: db.command('UPDATE meta SET newest = ?, change = ?'),
    factsAfter: db.query<{ id: number; facts: ArrayBuffer }>(
      'SELECT id, facts FROM facts WHERE id > ? ORDER BY id LIMIT ?',
    ),
    setFacts: db.command('INSERT OR REPLACE INTO facts VALUES (?, ?)'),
    removeFacts: db.command('DELETE FROM facts WHERE id = ?'),
    removeFactsUpTo: db.command(
      'DELETE FROM facts WHERE id IN (SELECT id FROM facts WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
    removeSummariesUpTo: db.command(
      'DELETE FROM summaries WHERE id IN (SELECT id FROM summaries WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
    summary: db.query<{ summary: string }>('SELECT summary FROM summaries WHERE id = ?'),
    setSummary: db.command('INSERT OR REPLACE INTO summaries VALUES (?, ?)'),
    removeSummary: db.command('DELETE FROM summaries WHERE id = ?'),
    label: db.query<{ text: string }>('SELECT text FROM labels WHERE kind = ? AND hash = ?'),
    labels: db.query<{ hash: number; text: string }>(
      'SELECT hash, text FROM labels WHERE kind = ?',
    ),
    labelHashes: db.query<{ hash: number }>('SELECT hash FROM labels WHERE kind = ?'),
    labelBytes: db.query<{ bytes: number }>(
      `SELECT total(length(text) + ${LABEL_OVERHEAD}) AS bytes FROM labels`,
    ),
    removeLabel: db.command('DELETE FROM labels WHERE kind = ? AND hash = ?'),
    addLabel: db.command('INSERT OR IGNORE INTO labels VALUES (?, ?, ?)'),
  };
}

function openIndex(file: string, source: number): Database {
  const db = openDatabase(file, CACHE_BYTES);
  const version = db.query<{ user_version: number }>('PRAGMA user_version').get()?.user_version;
  const isOwn =
    version === VERSION &&
    db.query<{ source: number }>('SELECT source FROM meta').get()?.source === source;
  if (isOwn) return db;
  db.transaction(() => {
    // Dropping an FTS5 table also drops its shadow tables.
    const tables = () =>
      db
        .query<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY sql NOT LIKE 'CREATE VIRTUAL%'",
        )
        .all();
    for (let [first] = tables(); first; [first] = tables()) db.exec(`DROP TABLE "${first.name}"`);
    db.exec(TABLES);
    db.command('INSERT INTO meta VALUES (?, 0, 0)').run(source);
    db.exec(`PRAGMA user_version = ${VERSION}`);
  })();
  if (file !== IN_MEMORY) db.exec('PRAGMA incremental_vacuum');
  return db;
}

/** A number that differs between traces files. */
function sourceOf(rows: Database): number {
  return rows.query<{ source: number }>('SELECT source FROM totals').get()?.source ?? 0;
}
