import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import LibsqlDatabase from 'libsql';

export const IN_MEMORY = ':memory:';

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
  const db = new LibsqlDatabase(file, { timeout: 5000 });
  // With a write-ahead log, NORMAL keeps rows when the process is killed, without an fsync per call.
  if (file !== IN_MEMORY) {
    // Has an effect only before the first table is created.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL;');
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  }
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

/** Creates the file with access for its owner only, since traces contain users' data. SQLite's other files get the same mode. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
}
