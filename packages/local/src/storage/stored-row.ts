import type { WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { decompressed } from './compression.js';

/** A row, and everything that is stored about it. */
export interface StoredRow {
  /** Increases in order of arrival; none is used twice. */
  readonly number: number;
  readonly pipelineId: string;
  /** The value of the column that the config names; made by the server if the row has none. */
  readonly inferenceId: string;
  /** Epoch milliseconds; 0 for rows that were stored before files had batches. */
  readonly receivedAt: number;
  /** How the row was sent: the sum of `SENDING`. */
  readonly sending: number;
  /** Epoch milliseconds of the last update; null if there was none. */
  readonly updatedAt: number | null;
  /** The row that was sent, with the columns that updates have added. */
  readonly row: WireRow;
  /** The row as JSON text. */
  readonly text: string;
  /** Length of the text in UTF-8. */
  readonly bytes: number;
  /**
   * Names the columns of the row: the config of the call that brought it, or for a trace that came by OTLP of its last spans,
   * extended by `updateConfig`.
   */
  readonly config: WireConfig;
  /** The same without the names of feedback that only updates have: no call that brings a row can name those. */
  readonly callConfig: JsonObject;
  /** The merged configs of the updates of the row. */
  readonly updateConfig: JsonObject;
  /** The columns that updates have set; undefined if an earlier version of this package, which did not store them, updated the row. */
  readonly updatedColumns: readonly string[] | undefined;
}

/** What `SELECT_ROWS` returns. */
export interface RowRecord {
  readonly id: number;
  readonly inference_id: string;
  readonly pipeline: string;
  readonly bytes: number;
  readonly updated_at: number | null;
  /** Null unless later spans have changed the row. */
  readonly trace_config: string | null;
  readonly update_config: string | null;
  readonly updated_columns: string | null;
  /** Null, as `config`, for rows that were stored before files had batches. */
  readonly received_at: number | null;
  readonly config: string | null;
  /** Null as well. */
  readonly sending: number | null;
  readonly body: string | ArrayBuffer;
}

export const SELECT_ROWS = `
  SELECT rows.id, inference_id, rows.pipeline, rows.bytes, updated_at, trace_config, update_config,
    updated_columns, received_at, sending, configs.text AS config, body
  FROM rows JOIN bodies ON bodies.id = rows.id
    LEFT JOIN batches ON batches.id = rows.batch LEFT JOIN configs ON configs.id = batches.config`;

/** @throws Error if the row or a config cannot be read */
export function toStoredRow(record: RowRecord): StoredRow {
  const text = decompressed(record.body);
  const callConfig = parsedConfig(record.trace_config ?? record.config);
  const updateConfig = parsedConfig(record.update_config);
  return storedRow(record, { text, row: JSON.parse(text), callConfig, updateConfig });
}

/** The row of a record whose texts cannot be read. */
export function emptyStoredRow(record: RowRecord): StoredRow {
  return storedRow(record, { text: '', row: {}, callConfig: NOTHING, updateConfig: NOTHING });
}

function storedRow(
  record: RowRecord,
  texts: {
    readonly text: string;
    readonly row: unknown;
    readonly callConfig: JsonObject;
    readonly updateConfig: JsonObject;
  },
): StoredRow {
  const { text, row, callConfig, updateConfig } = texts;
  const { id, inference_id, pipeline, bytes, received_at, updated_at } = record;
  const config = updateConfig === NOTHING ? callConfig : { ...callConfig, ...updateConfig };
  const { humanFeedbackColumnName: _, groundTruthColumnName: __, ...names } = updateConfig;
  return {
    number: id,
    pipelineId: pipeline,
    inferenceId: inference_id,
    receivedAt: received_at ?? 0,
    sending: record.sending ?? 0,
    updatedAt: updated_at,
    row: (isJsonObject(row) ? row : {}) as WireRow, // of any tracer: its readers check what they read
    text,
    bytes,
    config: config as unknown as WireConfig, // of any tracer, as the row
    callConfig: updateConfig === NOTHING ? callConfig : { ...callConfig, ...names },
    updateConfig,
    updatedColumns: updatedColumnsOf(record),
  };
}

/** See `StoredRow.updatedColumns`. */
export function updatedColumnsOf({
  updated_at,
  updated_columns,
}: Pick<RowRecord, 'updated_at' | 'updated_columns'>): readonly string[] | undefined {
  if (updated_columns === null) return updated_at === null ? [] : undefined;
  return JSON.parse(updated_columns) as string[];
}

const NOTHING: JsonObject = {};
let lastConfig: readonly [text: string, value: JsonObject] = ['{}', NOTHING];

/** The object of a JSON text. Consecutive rows mostly have the same config, so the last one is not parsed again. */
function parsedConfig(text: string | null): JsonObject {
  if (text === null) return NOTHING;
  if (lastConfig[0] === text) return lastConfig[1];
  const value: unknown = JSON.parse(text);
  const config = isJsonObject(value) ? value : NOTHING;
  lastConfig = [text, config];
  return config;
}
