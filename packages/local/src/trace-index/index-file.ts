import { type Database, IN_MEMORY, openDatabase } from '../storage/database.js';
import { PARTITIONS_TABLE } from './full-text-index.js';
import { LABEL_TABLE } from './labels.js';

const VERSION = 8;
const CACHE_BYTES = 16 * 1024 * 1024;

/** `meta` has the source of the traces file, and the last row and change that the index has. */
const TABLES = `
  CREATE TABLE meta (
    source INTEGER NOT NULL, newest INTEGER NOT NULL, change INTEGER NOT NULL);
  CREATE TABLE facts (id INTEGER PRIMARY KEY, facts BLOB NOT NULL);
  CREATE TABLE summaries (id INTEGER PRIMARY KEY, summary TEXT NOT NULL);
  ${LABEL_TABLE}
  ${PARTITIONS_TABLE}
`;

/**
 * Opens the file of an index. If it is missing, of another version or of another traces file, it becomes an empty index.
 * @param source the number of the traces file
 */
export function openIndexFile(file: string, source: number): Database {
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

/** The statements of the index's tables `meta`, `facts` and `summaries`. */
export function indexStatements(db: Database) {
  return {
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
    summary: db.query<{ summary: string }>('SELECT summary FROM summaries WHERE id = ?'),
    setSummary: db.command('INSERT OR REPLACE INTO summaries VALUES (?, ?)'),
    removeSummary: db.command('DELETE FROM summaries WHERE id = ?'),
    removeSummariesUpTo: db.command(
      'DELETE FROM summaries WHERE id IN (SELECT id FROM summaries WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
  };
}
