import type {
  DataStreamRequest,
  RowUpdateConfig,
  WireConfig,
  WireRow,
} from '@openlayer-tracing/core/wire';
import { toJson } from '../values/json.js';
import type { Database } from './database.js';
import type { RowSize } from './row-reader.js';
import { CHANGE } from './schema.js';
import { type RowRecord, SELECT_ROWS, updatedColumnsOf } from './stored-row.js';

/** Facts of rows that are not in the call that brought them. */
export interface ReceivedFacts {
  /** The trace id of a row whose spans came by OTLP: `findTrace` finds it. */
  readonly otlpTrace?: string | null;
  /** How the rows were sent: the sum of `SENDING`. */
  readonly sending?: number;
}

export interface OldestRow {
  readonly id: number;
  readonly batch: number;
  readonly bytes: number;
  readonly received_at: number;
}

interface BatchRecord {
  readonly pipeline: string;
  readonly config: string;
  readonly inference_ids: string;
  readonly received_at: number;
}

/** The prepared statements of a store. */
export function rowStatements(db: Database) {
  const inOrder = (order: 'ASC' | 'DESC') =>
    db.query<RowSize>(
      `SELECT id, bytes FROM rows WHERE pipeline = ? ORDER BY id ${order} LIMIT ? OFFSET ?`,
    );
  return {
    addConfig: db.command('INSERT OR IGNORE INTO configs (text) VALUES (?)'),
    addBatch: db.command(
      `INSERT INTO batches (pipeline, config, inference_ids, received_at, sending)
       VALUES (?, (SELECT id FROM configs WHERE text = ?), ?, ?, ?)`,
    ),
    addRow: db.command(
      'INSERT INTO rows (batch, pipeline, inference_id, bytes, otlp_trace) VALUES (?, ?, ?, ?, ?)',
    ),
    addBody: db.command('INSERT INTO bodies (id, body) VALUES (?, ?)'),
    addChange: db.command('INSERT INTO changes (trace, kind) VALUES (?, ?)'),
    addTotals: db.command(
      'UPDATE totals SET rows = rows + ?, bytes = bytes + ?, deleted = deleted + ?',
    ),
    size: db.query<RowSize>('SELECT id, bytes FROM rows WHERE id = ?'),
    updates: db.query<Pick<RowRecord, 'updated_at' | 'update_config' | 'updated_columns'>>(
      'SELECT updated_at, update_config, updated_columns FROM rows WHERE id = ?',
    ),
    setUpdates: db.command('UPDATE rows SET update_config = ?, updated_columns = ? WHERE id = ?'),
    setTrace: db.command(
      'UPDATE rows SET inference_id = ?, trace_config = ?, updated_columns = ? WHERE id = ?',
    ),
    // Always later than the previous update, so that it identifies a version of the row.
    setChanged: db.command(
      'UPDATE rows SET bytes = ?, updated_at = max(?, coalesce(updated_at, 0) + 1) WHERE id = ?',
    ),
    setBody: db.command('UPDATE bodies SET body = ? WHERE id = ?'),
    sameId: db.query<RowSize>('SELECT id, bytes FROM rows WHERE inference_id = ? AND pipeline = ?'),
    oldest: db.query<OldestRow>(
      `SELECT rows.id, batch, bytes, coalesce(received_at, 0) AS received_at
       FROM rows LEFT JOIN batches ON batches.id = rows.batch ORDER BY rows.id LIMIT ?`,
    ),
    // Deletes the configs that only the removed batches had.
    removeConfigs: db.command(
      `DELETE FROM configs WHERE id IN (SELECT config FROM batches WHERE id < ?)
       AND NOT EXISTS (SELECT 1 FROM batches WHERE batches.config = configs.id AND batches.id >= ?)`,
    ),
    removeBatches: db.command('DELETE FROM batches WHERE id < ?'),
    keptBytes: db.query<{ bytes: number }>(
      'SELECT coalesce(sum(length(body)), 0) AS bytes FROM otlp_bodies',
    ),
    lastChange: db.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM changes'),
    forgetChanges: db.command('DELETE FROM changes WHERE id <= ?'),
    removeRow: db.command('DELETE FROM rows WHERE id = ?'),
    removeBody: db.command('DELETE FROM bodies WHERE id = ?'),
    countIn: db.query<{ rows: number }>('SELECT count(*) AS rows FROM rows WHERE pipeline = ?'),
    totals: db.query<{ rows: number; deleted: number }>('SELECT rows, deleted FROM totals'),
    pageUp: inOrder('ASC'),
    pageDown: inOrder('DESC'),
    find: db.query<RowRecord>(
      `${SELECT_ROWS} WHERE inference_id = ? AND rows.pipeline = coalesce(?, rows.pipeline)
       ORDER BY rows.id DESC LIMIT 1`,
    ),
    hasTrace: db.query<{ id: number }>(
      'SELECT id FROM rows WHERE otlp_trace = ? AND pipeline = ? LIMIT 1',
    ),
    findTrace: db.query<RowRecord>(
      `${SELECT_ROWS} WHERE otlp_trace = ? AND rows.pipeline = ? ORDER BY rows.id DESC LIMIT 1`,
    ),
    batches: db.query<BatchRecord>(
      `SELECT pipeline, text AS config, inference_ids, received_at
       FROM batches JOIN configs ON configs.id = batches.config ORDER BY batches.id`,
    ),
  };
}

export type RowStatements = ReturnType<typeof rowStatements>;

/** Functions that write rows. Each is one transaction. */
export function rowTransactions(
  db: Database,
  statements: RowStatements,
  rowText: (row: unknown) => string,
  encode: (text: string) => string | Buffer,
) {
  /** Replaces the text of a row, in a transaction. */
  const replace = (number: number, row: WireRow) => {
    const text = toJson(row);
    const size = Buffer.byteLength(text);
    const before = statements.size.get(number)?.bytes ?? 0;
    statements.setChanged.run(size, Date.now(), number);
    statements.setBody.run(encode(text), number);
    statements.addChange.run(number, CHANGE.updated);
    statements.addTotals.run(0, size - before, 0);
  };
  /** Deletes rows, in a transaction. @returns how many */
  const remove = (rows: readonly RowSize[]) => {
    let bytes = 0;
    for (const each of rows) {
      bytes += each.bytes;
      statements.removeRow.run(each.id);
      statements.removeBody.run(each.id);
      statements.addChange.run(each.id, CHANGE.deleted);
    }
    statements.addTotals.run(-rows.length, -bytes, 0);
    return rows.length;
  };
  return {
    append: db.transaction(
      (
        pipelineId: string,
        request: DataStreamRequest,
        ids: readonly string[],
        { otlpTrace, sending }: Required<ReceivedFacts>,
      ) => {
        const config = toJson(request.config);
        statements.addConfig.run(config);
        const batch = statements.addBatch.run(
          pipelineId,
          config,
          toJson(ids),
          Date.now(),
          sending,
        ).lastRowId;
        let bytes = 0;
        let newest = 0;
        for (const [index, row] of request.rows.entries()) {
          const text = rowText(row);
          const size = Buffer.byteLength(text);
          bytes += size;
          newest = statements.addRow.run(
            batch,
            pipelineId,
            ids[index] ?? '',
            size,
            otlpTrace,
          ).lastRowId;
          statements.addBody.run(newest, encode(text));
        }
        statements.addTotals.run(request.rows.length, bytes, 0);
        return newest;
      },
    ),
    update: db.transaction(
      (
        number: number,
        row: WireRow,
        config: RowUpdateConfig | null,
        columns: readonly string[],
      ) => {
        const before = statements.updates.get(number);
        if (!before) return;
        const names = { ...JSON.parse(before.update_config ?? '{}'), ...config };
        statements.setUpdates.run(
          toJson(names),
          columnNamesJson(updatedColumnsOf(before), columns),
          number,
        );
        replace(number, row);
      },
    ),
    replaceTrace: db.transaction(
      (number: number, row: WireRow, config: WireConfig, inferenceId: string) => {
        const before = statements.updates.get(number);
        if (!before) return;
        const columns = columnNamesJson(updatedColumnsOf(before), []);
        statements.setTrace.run(inferenceId, toJson(config), columns, number);
        replace(number, row);
      },
    ),
    remove: db.transaction((inferenceId: string, pipelineId: string) =>
      remove(statements.sameId.all(inferenceId, pipelineId)),
    ),
    removeRow: db.transaction((number: number) => remove(statements.size.all(number))),
    removeAll: db.transaction((newest: number) => {
      db.exec('DELETE FROM rows; DELETE FROM bodies; DELETE FROM batches; DELETE FROM configs;');
      db.exec('UPDATE totals SET rows = 0, bytes = 0');
      statements.addChange.run(newest, CHANGE.deletedUpTo);
    }),
    removeOldest: db.transaction((limit: number, isRemoved: (row: OldestRow) => boolean) => {
      let bytes = 0;
      let last: { readonly id: number; readonly batch: number } | undefined;
      let rows = 0;
      for (const each of statements.oldest.all(limit)) {
        if (!isRemoved(each)) break;
        bytes += each.bytes;
        rows += 1;
        last = each;
        statements.removeRow.run(each.id);
        statements.removeBody.run(each.id);
      }
      if (last) {
        statements.removeConfigs.run(last.batch, last.batch);
        statements.removeBatches.run(last.batch);
        statements.addChange.run(last.id, CHANGE.deletedUpTo);
        statements.addTotals.run(-rows, -bytes, rows);
      }
      return rows;
    }),
  };
}

/** The names of columns as JSON; null where not all are known. */
function columnNamesJson(
  before: readonly string[] | undefined,
  more: readonly string[],
): string | null {
  return before === undefined ? null : toJson([...new Set([...before, ...more])]);
}
