import { setTimeout } from 'node:timers/promises';
import { TimeBudget } from '../http/time-budget.js';
import type { TraceOutline } from '../reading/trace-outline.js';
import { decompressed } from '../storage/compression.js';
import { type Database, IN_MEMORY, returnFreePages, usedBytes } from '../storage/database.js';
import { RowReader, versionOf } from '../storage/row-reader.js';
import { CHANGE } from '../storage/schema.js';
import { type RowRecord, type StoredRow, toStoredRow } from '../storage/stored-row.js';
import { Facts } from './facts/facts.js';
import { hashOf } from './facts/hash.js';
import { modelsHash, packFacts } from './facts/packed-facts.js';
import { DamagedIndex, type IndexMeta, indexStatements, openIndexFile } from './index-file.js';
import { Labels } from './labels.js';
import { readRecord } from './read-record.js';
import { type WaitingRead, WaitingReads } from './waiting-reads.js';
import { FullTextIndex, partitionLength } from './words/full-text-index.js';

/**
 * A transaction writes this many traces to the index at most. It ends after `BATCH_MS`, so that the page shows them soon, or after
 * `AWAITED_MS` if a read waits for it.
 */
const BATCH = 2000;
const BATCH_MS = 250;
const AWAITED_MS = 30;
/** Changes of rows that are applied, or rows that are deleted, at a time. */
const CHANGES = 500;
/** Rows that are read at a time. */
const STRIDE = 20;
const LOAD_STRIDE = 5000;
/** Pages that are given back to the file system at a time. */
const FREED_PAGES = 1000;
/** Rows that may be missing before a read stops waiting for all. */
const LITTLE_LAG = 200;
const SHORT_WAIT_MS = 30;
const LONG_WAIT_MS = 5000;

/** What one transaction changed in the index: the numbers of the traces that it added, replaced and removed. */
export interface IndexDelta {
  /** From the first to the last, both included. */
  readonly added: readonly [from: number, to: number] | undefined;
  readonly changed: readonly number[];
  readonly deleted: readonly number[];
  /** All up to this number were deleted; 0 for none. */
  readonly deletedUpTo: number;
}

const NO_META: IndexMeta = { newest: 0, change: 0, revision: 0 };
const NO_DELTA: IndexDelta = { added: undefined, changed: [], deleted: [], deletedUpTo: 0 };

/** How far the rows, and the log of their changes, have been followed. */
export interface Position {
  /** Number of the last row. */
  readonly newest: number;
  /** Id of the last change. */
  readonly change: number;
}

export interface TraceIndexOptions {
  /** Called after each transaction that changed something. */
  readonly onDelta?: (delta: IndexDelta) => void;
  /** Called when a catch-up fails, but not again before one has succeeded. Reads go on with the traces that are indexed. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** The first call of `onDelta` also has what came after this position, before the index was opened. */
  readonly since?: Position | undefined;
  /** Limit for the traces file and its index together, in bytes: the words are divided into parts that are small beside it. */
  readonly maxBytes?: number | undefined;
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
  /** Id of the last change that the index has. */
  readonly change: number;
  readonly isEndOfChanges: boolean;
}

/**
 * The index of a traces file: the summary of every trace, its facts in memory, and its words. It is derived from the rows
 * alone and kept in a file of its own, so that writing it never blocks writing rows. If that file is missing, of another
 * version or of another traces file, it is written anew.
 */
export class TraceIndex {
  readonly facts = new Facts();
  readonly fullText: FullTextIndex;
  readonly labels: Labels;
  readonly #rows: RowReader;
  readonly #db: Database;
  readonly #statements;
  readonly #onDelta: (delta: IndexDelta) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #since: Position | undefined;
  #catchingUp: Promise<void> | undefined;
  readonly #waiting = new WaitingReads();
  #isClosed = false;
  #hasFreePages = false;
  readonly #isInMemory: boolean;
  #isLoaded = false;
  #isFailing = false;
  /** The facts in memory end at this row; another process may have brought the file further. */
  #indexedTo = 0;
  #appliedChange = 0;
  /** Of the words and labels, as this process knows them. */
  #revision = 0;

  /** @param rows a connection to the traces file */
  constructor(rows: Database, file: string, options: TraceIndexOptions = {}) {
    const { onDelta = () => {}, onFailure = () => {}, since, maxBytes } = options;
    this.#onDelta = onDelta;
    this.#onFailure = onFailure;
    this.#since = since;
    this.#isInMemory = file === IN_MEMORY;
    this.#rows = new RowReader(rows);
    this.#db = openIndexFile(file, this.#rows);
    this.fullText = new FullTextIndex(this.#db, partitionLength(maxBytes));
    this.labels = new Labels(this.#db);
    this.#statements = indexStatements(this.#db);
  }

  /** Id of the last change of a row that this index has, in its file and in memory. */
  get lastChange(): number {
    return this.#appliedChange;
  }

  /** What `onDelta` has been called for. */
  get position(): Position {
    return { newest: this.facts.newest, change: this.#appliedChange };
  }

  /** Brings the index up to date with the rows, in slices, so that reads go on meanwhile. */
  catchUp(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#catchingUp ??= this.#catchUp().then(
      () => {
        this.#catchingUp = undefined;
        this.#isFailing = false;
      },
      (error: unknown) => {
        this.#catchingUp = undefined;
        this.#report(error);
        throw error;
      },
    );
    return this.#catchingUp;
  }

  #report(error: unknown): void {
    if (this.#isFailing || error instanceof DamagedIndex) return;
    this.#isFailing = true;
    this.#onFailure(error);
  }

  /** Catches up for a read. What cannot be indexed, as on a full disk, is missing in reads, which do not fail. */
  async #catchUpFor(read: WaitingRead): Promise<void> {
    try {
      // The running catch-up may have looked for rows before the read began to wait.
      do await this.catchUp();
      while (this.#waiting.has(read) && !this.#isClosed);
    } catch (error) {
      if (error instanceof DamagedIndex || !this.#isLoaded) throw error;
      // The reads that waited do so no longer.
      this.#waiting.serve(this.#waiting.list());
    }
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
    const read = this.#waiting.add(isEmpty ? 1 : newest);
    const { served } = read;
    // A catch-up goes on for as long as a read waits, and then for all words.
    if (this.#isInMemory) return Promise.race([served, this.#catchUpFor(read)]);
    const timer = new AbortController();
    const { signal } = timer;
    const waitMs = isFar && !isEmpty ? SHORT_WAIT_MS : LONG_WAIT_MS;
    const wait = setTimeout(waitMs, undefined, { signal });
    try {
      await Promise.race([served, this.#catchUpFor(read), wait.catch(() => {})]);
    } finally {
      timer.abort();
    }
  }

  /** The summary as JSON text. */
  summary(number: number): string | undefined {
    return this.#statements.summary.get(number)?.summary;
  }

  /** The outline of a trace whose row is large; undefined for others, and if it is not of this version of the row. */
  outline(number: number, version: string): TraceOutline | undefined {
    const found = this.#statements.outline.get(number);
    return found?.version === version
      ? (JSON.parse(decompressed(found.outline)) as TraceOutline)
      : undefined;
  }

  /** The row of a trace. @throws Error if it cannot be read */
  row(number: number): StoredRow | undefined {
    const record = this.#rows.get(number);
    return record && toStoredRow(record);
  }

  /** Differs after each update of a row; undefined if there is no such row. */
  versionOf(number: number): string | undefined {
    return this.#rows.versionOf(number);
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
    const budget = new TimeBudget(Number.POSITIVE_INFINITY);
    if (!this.#isLoaded) {
      // The file has all changes up to here.
      const { newest, change, revision } = this.#statements.meta.get() ?? NO_META;
      const since = this.#since ?? { newest, change };
      [this.#indexedTo, this.#appliedChange] = [newest, Math.min(change, since.change)];
      this.#revision = revision;
      await this.#load(budget);
      this.#reload();
      this.#isLoaded = true;
      const last = this.facts.newest;
      if (last > since.newest) this.#onDelta({ ...NO_DELTA, added: [since.newest + 1, last] });
    }
    let isDone = false;
    do {
      isDone = false;
      // A read may have begun to wait when the last transaction had already looked for changes.
      while (!this.#isClosed && !(isDone && this.#waiting.isEmpty && !this.fullText.isIncomplete)) {
        const batch = await this.#indexSome(budget);
        isDone = batch.isDone;
        this.#onDelta(batch.delta);
        if (await this.#completeWords(budget)) isDone = false;
      }
    } while ((await this.#removeLabels(budget)) || (await this.#shrink(budget)));
  }

  /**
   * Completes a full partition of the words, in a transaction of its own, with pauses for reads.
   * @returns whether it ran: rows may have come meanwhile
   */
  async #completeWords(budget: TimeBudget): Promise<boolean> {
    if (this.#isClosed || !this.fullText.isIncomplete) return false;
    await this.#change(() => this.fullText.completeOne(budget));
    // FTS5 keeps the hash table of each table that was written, and goes through all of it in each search for the beginning of a
    // word: 1 ms and 1 MB for a partition. This forgets it.
    this.#db.exec('PRAGMA writable_schema = RESET');
    return true;
  }

  /**
   * Deletes some labels that no trace has, in a transaction of its own: reads and new rows come first.
   * @returns whether it ran: there may be more labels, and rows may have come meanwhile
   */
  async #removeLabels(budget: TimeBudget): Promise<boolean> {
    if (this.#isClosed || !this.labels.mayHaveUnused(this.facts.count)) return false;
    await this.labels.findUsed(this.facts, budget);
    const isChanged = await this.#change(() => this.labels.removeSome());
    if (isChanged) this.#hasFreePages = true;
    await budget.turn();
    return true;
  }

  /**
   * Returns some of the free pages to the file system.
   * @returns whether there may be more
   */
  async #shrink(budget: TimeBudget): Promise<boolean> {
    if (this.#isClosed || !this.#hasFreePages) return false;
    this.#hasFreePages = returnFreePages(this.#db, FREED_PAGES);
    await budget.turn();
    return true;
  }

  /**
   * Changes words or labels in a transaction, unless another process wrote the index: then the next `#indexSome` reads it anew.
   * @returns whether it was changed
   */
  async #change(change: () => void | Promise<void>): Promise<boolean> {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const meta = this.#statements.meta.get() ?? NO_META;
      const isOwn = this.#hasRowsOf(meta) && meta.revision === this.#revision;
      if (isOwn) {
        await change();
        this.#statements.setRevision.run(meta.revision + 1);
      }
      this.#db.exec('COMMIT');
      if (isOwn) this.#revision = meta.revision + 1;
      return isOwn;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** Reads the facts that the file has and the memory lacks: at the start, or when another process wrote them. */
  async #load(budget: TimeBudget): Promise<void> {
    while (!this.#loadSome()) await budget.turn();
  }

  /** @returns whether these were the last */
  #loadSome(): boolean {
    const records = this.#statements.factsAfter.all(this.facts.newest, LOAD_STRIDE);
    for (const { id, facts } of records) this.facts.add(id, new DataView(facts));
    return records.length < LOAD_STRIDE;
  }

  /** Indexes some rows and changes in one transaction. `isDone`: there were no more. */
  async #indexSome(budget: TimeBudget): Promise<{ isDone: boolean; delta: IndexDelta }> {
    const to = this.#statements;
    const before = this.facts.newest;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const meta = to.meta.get() ?? NO_META;
      this.#followOthers(meta);
      const rows = await this.#writeRows(meta.newest, budget);
      const waiting = this.#waiting.list();
      const changes = await this.#applyChanges(meta, rows.newest, budget);
      const { newest } = rows;
      const { change } = changes;
      if (newest > meta.newest || change > meta.change) {
        to.setMeta.run(newest, Math.max(change, meta.change));
        this.labels.saveSize();
        this.fullText.saveLengths();
      }
      this.#db.exec('COMMIT');
      this.#indexedTo = newest;
      this.#appliedChange = change;
      this.#applyToMemory(rows, changes);
      if (changes.isEndOfChanges) {
        this.#waiting.serve(waiting.filter(({ upTo }) => rows.isEndOfRows || upTo <= newest));
      }
      const last = this.facts.newest;
      return {
        isDone: rows.isEndOfRows && changes.isEndOfChanges,
        delta: {
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

  /** Indexes rows until there are no more, the batch is full, or its time is over. */
  async #writeRows(after: number, budget: TimeBudget): Promise<WrittenRows> {
    const startedAt = performance.now();
    const added: Added[] = [];
    let newest = after;
    let isEndOfRows = false;
    while (added.length < BATCH && !this.#isClosed) {
      const { records, isEnd } = this.#rows.after(newest, STRIDE);
      for (const record of records) {
        added.push([record.id, this.#write(record, 'add')]);
        newest = record.id;
      }
      isEndOfRows = isEnd;
      // No pause after the last rows: a read that came in it may wait for rows that were stored in it.
      if (isEndOfRows) break;
      await budget.turn();
      // Asked after some rows, so that there is progress whatever the clock says.
      const maxMs = this.#waiting.isEmpty ? BATCH_MS : AWAITED_MS;
      if (performance.now() > startedAt + maxMs) break;
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
    budget: TimeBudget,
  ): Promise<AppliedChanges> {
    const replaced: Added[] = [];
    const removed: number[] = [];
    let removedUpTo = 0;
    let change = Math.min(written.change, this.#appliedChange);
    const records = this.#rows.changesAfter(change, CHANGES);
    for (const { id, row, kind } of records) {
      change = id;
      const isWritten = id <= written.change;
      if (kind === CHANGE.deletedUpTo) {
        removedUpTo = Math.max(removedUpTo, row);
        if (!isWritten) await this.#eraseUpTo(row, budget);
        continue;
      }
      // The row will be indexed in its latest version.
      if (row > newest) continue;
      const record = kind === CHANGE.updated ? this.#rows.get(row) : undefined;
      if (record) replaced.push([row, this.#write(record, 'replace')]);
      else {
        if (!isWritten) this.#erase(row);
        removed.push(row);
      }
      await budget.turn();
    }
    return { replaced, removed, removedUpTo, change, isEndOfChanges: records.length < CHANGES };
  }

  #applyToMemory({ added }: WrittenRows, { replaced, removed, removedUpTo }: AppliedChanges): void {
    for (const [number, facts] of added) this.facts.add(number, viewOf(facts));
    for (const [number, facts] of replaced) this.facts.replace(number, viewOf(facts));
    const { count } = this.facts;
    for (const number of removed) this.facts.remove(number);
    if (removedUpTo > 0) this.facts.removeUpTo(removedUpTo);
    this.labels.countDeleted(count - this.facts.count);
  }

  #hasRowsOf({ newest, change }: IndexMeta): boolean {
    return newest === this.#indexedTo && change === this.#appliedChange;
  }

  /** Reads what another process wrote, in a transaction. */
  #followOthers(meta: IndexMeta): void {
    if (!this.#hasRowsOf(meta)) {
      while (!this.#loadSome());
      this.#reload();
    } else if (meta.revision !== this.#revision) {
      this.labels.reloadSize();
      this.fullText.reload();
    }
    this.#revision = meta.revision;
  }

  /** Reads which labels and tables of words the file has. */
  #reload(): void {
    this.labels.reload();
    this.fullText.reload();
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

  /** Writes what the index has of one row. @returns its facts */
  #write(record: RowRecord, how: 'add' | 'replace'): Buffer {
    const { summary, summaryJson, words, outline } = readRecord(record);
    const facts = packFacts(summary);
    const to = this.#statements;
    if (outline !== undefined) to.setOutline.run(record.id, versionOf(record), outline);
    else if (how === 'replace') to.removeOutline.run(record.id);
    to.setFacts.run(record.id, facts);
    to.setSummary.run(record.id, summaryJson);
    this.fullText[how](record.id, words);
    this.labels.add('pipeline', hashOf(summary.pipelineId), summary.pipelineId);
    for (const kind of ['route', 'user', 'session'] as const) {
      const text = summary[kind];
      if (text !== null) this.labels.add(kind, hashOf(text), text);
    }
    if (summary.models.length > 0) {
      this.labels.add('models', modelsHash(summary.models), JSON.stringify(summary.models));
    }
    return facts;
  }

  /** The words of a trace stay until those of its whole table go: no search finds a trace without facts. */
  async #eraseUpTo(number: number, budget: TimeBudget): Promise<void> {
    const { removeFactsUpTo, removeSummariesUpTo, removeOutlinesUpTo } = this.#statements;
    while (removeFactsUpTo.run(number, CHANGES).changedRows > 0) await budget.turn();
    while (removeSummariesUpTo.run(number, CHANGES).changedRows > 0) await budget.turn();
    while (removeOutlinesUpTo.run(number, CHANGES).changedRows > 0) await budget.turn();
    this.fullText.dropUpTo(number);
    this.#hasFreePages = true;
  }

  #erase(number: number): void {
    this.#statements.removeFacts.run(number);
    this.#statements.removeSummary.run(number);
    this.#statements.removeOutline.run(number);
    this.fullText.remove(number);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
