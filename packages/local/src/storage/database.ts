import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import LibsqlDatabase from 'libsql';

export const IN_MEMORY = ':memory:';

/** How long a statement waits for the locks of other connections. */
const BUSY_MS = 5000;

/**
 * What can be bound to a statement. libsql ends the process for `true` and `undefined`, and returns text up to its first
 * NUL: keep text of others as JSON, which escapes it.
 */
export type SqlValue = string | number | null | Uint8Array;

/** A statement that is prepared once; blobs come as ArrayBuffer. @template T the type of its rows */
export interface Query<T> {
  get(...values: SqlValue[]): T | undefined;
  all(...values: SqlValue[]): T[];
}

export interface Command {
  /** @returns the number of changed rows, and the id of the last row that was added */
  run(...values: SqlValue[]): { readonly changedRows: number; readonly lastRowId: number };
}

/** A connection. It has the few calls that this package needs, so that another driver can take libsql's place. */
export interface Database {
  exec(sql: string): void;
  query<T>(sql: string): Query<T>;
  command(sql: string): Command;
  /** The function, run in one write transaction that is rolled back if it throws. */
  transaction<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
  close(): void;
}

/** Opens a connection, with a write-ahead log for files. `cacheBytes` limits the pages that SQLite keeps in memory. */
export function openDatabase(file: string, cacheBytes: number): Database {
  if (file !== IN_MEMORY) createPrivately(file);
  const db = new LibsqlDatabase(file, { timeout: BUSY_MS });
  // With a write-ahead log, NORMAL keeps rows when the process is killed, without an fsync per call.
  if (file !== IN_MEMORY) {
    // Has an effect only before the first table is created.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL;');
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  }
  return toConnection(db, cacheBytes);
}

/**
 * Opens a connection as `openDatabase` does; to a file that cannot be written, or in such a folder, one that only reads.
 * @throws Error if the file cannot be read either
 */
export function openForReading(file: string, cacheBytes: number): Database {
  try {
    return openDatabase(file, cacheBytes);
  } catch (error) {
    try {
      return openReadOnly(file, cacheBytes);
    } catch {
      throw error;
    }
  }
}

function openReadOnly(file: string, cacheBytes: number): Database {
  // SQLite creates the files of the log even to read. Where they are missing, no process writes the file.
  const isLogged = existsSync(`${file}-wal`);
  const db = new LibsqlDatabase(isLogged ? file : `${pathToFileURL(file).href}?immutable=1`);
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return toConnection(db, cacheBytes);
  } catch (error) {
    db.close();
    throw error;
  }
}

function toConnection(db: LibsqlDatabase.Database, cacheBytes: number): Database {
  db.exec(`PRAGMA cache_size = ${-Math.ceil(cacheBytes / 1024)}; PRAGMA temp_store = MEMORY;`);
  // Values go as one array, since libsql takes a single object for named parameters.
  return {
    exec: (sql) => void db.exec(sql),
    query<T>(sql: string): Query<T> {
      const statement = db.prepare<[SqlValue[]]>(sql);
      return {
        get: (...values) => statement.get(values) as T | undefined,
        all: (...values) => statement.all(values) as T[],
      };
    },
    command(sql) {
      const statement = db.prepare<[SqlValue[]]>(sql);
      return {
        run(...values) {
          const { changes, lastInsertRowid } = statement.run(values);
          return { changedRows: changes, lastRowId: Number(lastInsertRowid) };
        },
      };
    },
    transaction: (fn) => {
      const run = db.transaction((...args: unknown[]) => fn(...(args as Parameters<typeof fn>)));
      return (...args) => run.immediate(...args) as ReturnType<typeof fn>;
    },
    close: () => void db.close(),
  };
}

/**
 * Moves what the write-ahead log has into the file, and empties the log.
 * @param waitMs how long to wait, in this thread, for connections that read the log
 * @returns whether it is empty; if not, the file may still lack some of it
 */
export function checkpoint(db: Database, waitMs: number): boolean {
  db.exec(`PRAGMA busy_timeout = ${waitMs}`);
  try {
    const result = db.query<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').get();
    return result?.busy === 0;
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  }
}

/**
 * Locks an empty file, until the returned function is called or the process ends. The lock is one of the file system, so it
 * also works between containers.
 * @returns undefined if the file is locked already
 */
export function lockFile(file: string): (() => void) | undefined {
  createPrivately(file);
  const db = new LibsqlDatabase(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
  return () => void db.close();
}

/** Bytes of the pages in use. */
export function usedBytes(db: Database): number {
  return (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size');
}

/**
 * Returns up to this many free pages to the file system. The file shrinks at the next checkpoint.
 * @returns whether it returned some; a database in memory never does
 */
export function returnFreePages(db: Database, pages: number): boolean {
  const before = pragma(db, 'freelist_count');
  if (before === 0) return false;
  db.exec(`PRAGMA incremental_vacuum(${pages})`);
  return pragma(db, 'freelist_count') < before;
}

function pragma(db: Database, name: string): number {
  const row = db.query<Record<string, number>>(`PRAGMA ${name}`).get();
  return Object.values(row ?? {})[0] ?? 0;
}

/**
 * Creates the file with access for its owner only, since traces contain users' data. SQLite's other files get the same mode.
 * @throws Error if the file exists and cannot be written
 */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    // An existing file must not be opened: closing it would end the locks that SQLite has on it in this process. Another process
    // would then delete its log.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    accessSync(file, constants.W_OK);
  }
}
