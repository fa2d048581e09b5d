import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';
import { HUTS } from './huts.js';

export type Database = pg.Pool;

export interface ConnectedDatabase extends AsyncDisposable {
  readonly database: Database;
}

/**
 * With `DATABASE_URL` that PostgreSQL. Without it one in this process, which `pg` reaches over a socket like any other. Creates
 * and fills the table if it does not exist.
 */
export async function connectDatabase(
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConnectedDatabase> {
  const local = env.DATABASE_URL ? undefined : await startLocalDatabase();
  const database = new pg.Pool({
    connectionString: local?.url ?? env.DATABASE_URL,
    // The local database serves one connection.
    ...(local && { max: 1 }),
  });
  await database.query(
    'CREATE TABLE IF NOT EXISTS huts (title text PRIMARY KEY, text text NOT NULL)',
  );
  for (const { title, text } of HUTS) {
    await database.query('INSERT INTO huts VALUES ($1, $2) ON CONFLICT DO NOTHING', [title, text]);
  }
  return {
    database,
    async [Symbol.asyncDispose]() {
      await database.end();
      await local?.close();
    },
  };
}

async function startLocalDatabase() {
  const db = await PGlite.create();
  const server = new PGLiteSocketServer({ db, port: 0 });
  await server.start();
  return {
    url: `postgresql://postgres@${server.getServerConn()}/postgres`,
    async close() {
      await server.stop();
      await db.close();
    },
  };
}
