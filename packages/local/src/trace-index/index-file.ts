import { rmSync } from 'node:fs';
import type { TraceSummary } from '../page-api.js';
import { type Database, IN_MEMORY, openDatabase } from '../storage/database.js';
import type { RowReader } from '../storage/row-reader.js';
import { errorMessage } from '../values/error-message.js';
import { LABEL_TABLE } from './labels.js';
import { PARTITIONS_TABLE } from './words/partition.js';

const VERSION = 17;
const CACHE_BYTES = 16 * 1024 * 1024;
/** Pages of the log before they are copied to the file: a page that changes often is copied once. */
const LOGGED_PAGES = 4000;

/**
 * `meta` has the source of the traces file, and the last row and change that the index has. `revision` counts the
 * transactions that changed words or labels for the same rows.
 */
const TABLES = `
  CREATE TABLE meta (
    source INTEGER NOT NULL, newest INTEGER NOT NULL, change INTEGER NOT NULL,
    revision INTEGER NOT NULL);
  CREATE TABLE facts (id INTEGER PRIMARY KEY, facts BLOB NOT NULL);
  CREATE TABLE summaries (id INTEGER PRIMARY KEY, summary TEXT NOT NULL);
  CREATE TABLE outlines (id INTEGER PRIMARY KEY, version TEXT NOT NULL, outline NOT NULL);
  ${LABEL_TABLE}
  ${PARTITIONS_TABLE}
`;

/** Thrown by a call of the index's database if the file is damaged. The index must be closed, its file removed. */
export class DamagedIndex extends Error {
  override readonly name = 'DamagedIndex';
}

/**
 * Opens the file of an index. If it is missing, damaged, of another version or of other rows, it becomes an empty index. Damage
 * that shows later is thrown as `DamagedIndex`.
 * @param rows those of the traces file
 * @throws Error if the file cannot be opened, with a message that says what to do
 */
export function openIndexFile(file: string, rows: RowReader): Database {
  if (file === IN_MEMORY) return openedIndex(file, rows);
  try {
    return openedIndex(file, rows);
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeIndexFile(file);
    return openedIndex(file, rows);
  }
}

/** Deletes the file of an index, which is written anew from the rows. */
export function removeIndexFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof DamagedIndex || /^SQLITE_(CORRUPT|NOTADB)/.test(code);
}

function openedIndex(file: string, rows: RowReader): Database {
  const db = openedFile(file);
  try {
    prepareIndex(db, file, rows);
  } catch (error) {
    db.close();
    throw error;
  }
  return namingDamage(db);
}

function openedFile(file: string): Database {
  try {
    const db = openDatabase(file, CACHE_BYTES);
    db.exec(`PRAGMA wal_autocheckpoint = ${LOGGED_PAGES}`);
    return db;
  } catch (error) {
    if (isDamage(error)) throw error;
    throw new Error(
      `the index ${file} cannot be opened: ${errorMessage(error)}; it may be removed, since it is written anew from the rows`,
      { cause: error },
    );
  }
}

/** The connection, whose statements throw `DamagedIndex`. */
function namingDamage(db: Database): Database {
  const named =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return call(...args);
      } catch (error) {
        if (!isDamage(error)) throw error;
        throw new DamagedIndex('the index is damaged', { cause: error });
      }
    };
  return {
    exec: named(db.exec),
    query<T>(sql: string) {
      const { get, all } = db.query<T>(sql);
      return { get: named(get), all: named(all) };
    },
    command: (sql) => ({ run: named(db.command(sql).run) }),
    // Its function also reads the rows, which are in another file: only the statements of this one name their damage.
    transaction: db.transaction,
    close: db.close,
  };
}

function prepareIndex(db: Database, file: string, rows: RowReader): void {
  const version = db.query<{ user_version: number }>('PRAGMA user_version').get()?.user_version;
  if (version === VERSION && isOf(rows, db)) return;
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
    db.command('INSERT INTO meta VALUES (?, 0, 0, 0)').run(rows.source);
    db.exec(`PRAGMA user_version = ${VERSION}`);
  })();
  if (file !== IN_MEMORY) db.exec('PRAGMA incremental_vacuum');
}

/**
 * Whether the index has these rows, and no others. It may have others if an earlier copy of the traces file was restored, or if
 * the machine lost its power: then rows can be lost that the index has, and other rows get their numbers.
 */
function isOf(rows: RowReader, db: Database): boolean {
  const meta = db
    .query<IndexMeta & { source: number }>('SELECT source, newest, change, revision FROM meta')
    .get();
  if (meta?.source !== rows.source) return false;
  if (meta.newest > rows.newest || meta.change > rows.newestChange) return false;
  const last = db
    .query<{ id: number; summary: string }>(
      'SELECT id, summary FROM summaries ORDER BY id DESC LIMIT 1',
    )
    .get();
  if (!last) return true;
  const { receivedAt } = JSON.parse(last.summary) as TraceSummary;
  const receivedAtOfRow = rows.receivedAt(last.id);
  return receivedAtOfRow === undefined || receivedAtOfRow === receivedAt;
}

export interface IndexMeta {
  readonly newest: number;
  readonly change: number;
  readonly revision: number;
}

/** The statements of the index's tables `meta`, `facts`, `summaries` and `outlines`. */
export function indexStatements(db: Database) {
  return {
    meta: db.query<IndexMeta>('SELECT newest, change, revision FROM meta'),
    setMeta: db.command('UPDATE meta SET newest = ?, change = ?'),
    setRevision: db.command('UPDATE meta SET revision = ?'),
    factsAfter: db.query<{ id: number; facts: ArrayBuffer }>(
      'SELECT id, facts FROM facts WHERE id > ? ORDER BY id LIMIT ?',
    ),
    setFacts: db.command('INSERT OR REPLACE INTO facts VALUES (?, ?)'),
    removeFacts: db.command('DELETE FROM facts WHERE id = ?'),
    removeFactsUpTo: db.command(
      'DELETE FROM facts WHERE id IN (SELECT id FROM facts WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
    summary: db.query<{ summary: string }>('SELECT summary FROM summaries WHERE id = ?'),
    setSummary: db.command('INSERT OR REPLACE INTO summaries VALUES (?, ?)'),
    removeSummary: db.command('DELETE FROM summaries WHERE id = ?'),
    removeSummariesUpTo: db.command(
      'DELETE FROM summaries WHERE id IN (SELECT id FROM summaries WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
    outline: db.query<{ version: string; outline: string | ArrayBuffer }>(
      'SELECT version, outline FROM outlines WHERE id = ?',
    ),
    setOutline: db.command('INSERT OR REPLACE INTO outlines VALUES (?, ?, ?)'),
    removeOutline: db.command('DELETE FROM outlines WHERE id = ?'),
    removeOutlinesUpTo: db.command(
      'DELETE FROM outlines WHERE id IN (SELECT id FROM outlines WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
  };
}
