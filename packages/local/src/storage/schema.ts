import type { Database } from './database.js';

const VERSION = 1;

/** What is known of how the rows of a call were sent, as bits. */
export const SENDING = { retried: 1, replayed: 2, sampled: 4 } as const;

/** Kinds of changes of stored rows. */
export const CHANGE = { updated: 0, deleted: 1, deletedUpTo: 2 } as const;

/**
 * The tables of the traces file. Rows are apart from their bodies, so that listing rows reads none. `changes` is
 * the log of updates and deletions that the index follows; in it `trace` is the number of a row, and `kind` one of `CHANGE`.
 */
const TABLES = `
  CREATE TABLE configs (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE batches (
    id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, config INTEGER NOT NULL,
    inference_ids TEXT NOT NULL, received_at INTEGER NOT NULL);
  CREATE TABLE rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL, pipeline TEXT NOT NULL,
    inference_id TEXT NOT NULL, bytes INTEGER NOT NULL, updated_at INTEGER, update_config TEXT);
  CREATE INDEX rows_by_inference_id ON rows (inference_id, pipeline);
  CREATE INDEX rows_by_pipeline ON rows (pipeline);
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, body NOT NULL);
  CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, trace INTEGER NOT NULL, kind INTEGER NOT NULL);
  CREATE TABLE totals (
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, deleted INTEGER NOT NULL, source INTEGER NOT NULL);
  INSERT INTO totals VALUES (0, 0, 0, abs(random() % 1000000000));
`;

/** Creates the tables, or brings those of an earlier version up to date. @throws Error for those of a later one */
export function migrate(db: Database): void {
  migrateTables(db);
  if (!has(db, 'index', 'batches_by_config')) addConfigIndex(db);
  if (!has(db, 'table', 'otlp_bodies')) addOtlp(db);
  if (!hasColumn(db, 'otlp_bodies', 'starts')) addStarts(db);
  if (!hasColumn(db, 'rows', 'updated_columns')) addUpdatedColumns(db);
  if (!hasColumn(db, 'batches', 'sending')) addSending(db);
  if (!hasColumn(db, 'rows', 'trace_config')) addTraceConfig(db);
}

function migrateTables(db: Database): void {
  const { user_version: version } = db
    .query<{ user_version: number }>('PRAGMA user_version')
    .get() ?? { user_version: 0 };
  if (version === VERSION) return;
  if (version > VERSION) {
    throw new Error(`it was written by a later version of this package (schema ${version})`);
  }
  const isFromBefore = has(db, 'table', 'rows');
  db.transaction(() => {
    if (isFromBefore) {
      db.exec(`
        DROP INDEX IF EXISTS rows_by_inference_id;
        ALTER TABLE rows RENAME TO old_rows; ALTER TABLE batches RENAME TO old_batches;`);
    }
    db.exec(TABLES);
    if (isFromBefore) moveFirstTables(db);
    db.exec(`PRAGMA user_version = ${VERSION}`);
  })();
  // Frees the space of the old tables, and lets the file shrink by `incremental_vacuum` from now on.
  if (isFromBefore) db.exec('VACUUM');
}

/** The first tables had no version: rows did not name their batch, and each batch had its own config. */
function moveFirstTables(db: Database): void {
  db.exec(`
    INSERT OR IGNORE INTO configs (text) SELECT config FROM old_batches ORDER BY id;
    INSERT INTO batches SELECT old.id, old.pipeline, configs.id, old.inference_ids, old.received_at
      FROM old_batches AS old JOIN configs ON configs.text = old.config;
    INSERT INTO rows
      SELECT id, 0, pipeline, inference_id, octet_length(columns), NULL, NULL FROM old_rows ORDER BY id;
    INSERT INTO bodies SELECT id, columns FROM old_rows ORDER BY id;
    UPDATE totals SET rows = (SELECT count(*) FROM rows), bytes = (SELECT coalesce(sum(bytes), 0) FROM rows);
  `);
  // Rows are matched from the newest batch back: deleting a row deleted all of its ID, so the batches without rows are the oldest.
  const setBatch = db.command('UPDATE rows SET batch = ? WHERE id = ?');
  const find = db.query<{ id: number }>(
    'SELECT id FROM rows WHERE inference_id = ? AND pipeline = ? AND batch = 0 ORDER BY id DESC LIMIT 1',
  );
  const batches = db
    .query<{ id: number; pipeline: string; inference_ids: string }>(
      'SELECT id, pipeline, inference_ids FROM batches ORDER BY id DESC',
    )
    .all();
  for (const { id, pipeline, inference_ids } of batches) {
    for (const inferenceId of (JSON.parse(inference_ids) as string[]).reverse()) {
      const row = find.get(inferenceId, pipeline);
      if (row) setBatch.run(id, row.id);
    }
  }
  db.exec('DROP TABLE old_rows; DROP TABLE old_batches;');
}

/** Files had configs without batches before this index, and an earlier version of this package can still use the file. */
function addConfigIndex(db: Database): void {
  db.transaction(() => {
    db.exec(`
      CREATE INDEX IF NOT EXISTS batches_by_config ON batches (config);
      DELETE FROM configs WHERE id NOT IN (SELECT config FROM batches);`);
  })();
}

/**
 * The trace id of rows whose spans come by OTLP, and the requests whose spans are in no row yet. An earlier version of this
 * package can still use the file.
 */
function addOtlp(db: Database): void {
  db.transaction(() => {
    db.exec(`
      ALTER TABLE rows ADD COLUMN otlp_trace TEXT;
      CREATE INDEX rows_by_otlp_trace ON rows (otlp_trace, pipeline) WHERE otlp_trace IS NOT NULL;
      CREATE TABLE otlp_bodies (
        id INTEGER PRIMARY KEY AUTOINCREMENT, pipeline TEXT NOT NULL, content_type TEXT NOT NULL,
        encoding TEXT NOT NULL, body BLOB NOT NULL);`);
  })();
}

/** At how many starts a request was received again. An earlier version of this package can still use the file. */
function addStarts(db: Database): void {
  db.exec('ALTER TABLE otlp_bodies ADD COLUMN starts INTEGER NOT NULL DEFAULT 0');
}

/**
 * The names of the columns that updates of a row have set, as JSON; null for rows without updates, and for those that an
 * earlier version of this package has updated, which can still use the file.
 */
function addUpdatedColumns(db: Database): void {
  db.exec('ALTER TABLE rows ADD COLUMN updated_columns TEXT');
}

/** How the rows of a batch were sent: the sum of `SENDING`. An earlier version of this package can still use the file. */
function addSending(db: Database): void {
  db.exec('ALTER TABLE batches ADD COLUMN sending INTEGER NOT NULL DEFAULT 0');
}

/**
 * The config of a row that was made anew of later spans; null for others. Before this column, `update_config` had it too, where
 * it replaced what updates had named. An earlier version of this package can still use the file.
 */
function addTraceConfig(db: Database): void {
  const named = ['humanFeedbackColumnName', 'groundTruthColumnName'];
  const members = named.map((key) => `'${key}', json_extract(update_config, '$.${key}')`);
  db.transaction(() => {
    db.exec(`
      ALTER TABLE rows ADD COLUMN trace_config TEXT;
      UPDATE rows SET
        trace_config = json_remove(update_config, ${named.map((key) => `'$.${key}'`)}),
        update_config = json_patch('{}', json_object(${members}))
      WHERE update_config IS NOT NULL AND json_type(update_config, '$.inputVariableNames') IS NOT NULL;`);
  })();
}

function hasColumn(db: Database, table: string, name: string): boolean {
  const found = db.query('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, name);
  return found !== undefined;
}

function has(db: Database, type: 'table' | 'index', name: string): boolean {
  const found = db.query('SELECT 1 FROM sqlite_master WHERE type = ? AND name = ?').get(type, name);
  return found !== undefined;
}
