import { randomUUID } from 'node:crypto';
import type { DataStreamRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import type { StoredRow } from '../storage/stored-row.js';
import { isJsonObject, type JsonObject } from '../values/json.js';

/** Our own names of columns, by the keys of a `config` that name a column. */
const OUR_NAMES = {
  outputColumnName: 'output',
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  numOfTokenColumnName: 'tokens',
  timestampColumnName: 'inferenceTimestamp',
  inferenceIdColumnName: 'inferenceId',
  groundTruthColumnName: 'groundTruth',
  userIdColumnName: 'user_id',
  sessionIdColumnName: 'session_id',
  contextColumnName: 'context',
  questionColumnName: '_question',
  humanFeedbackColumnName: 'humanFeedback',
} as const;

/** A key of a `config` that names a column. */
export type ConfigKey = keyof typeof OUR_NAMES;

/** The platform's names of columns when a row is read back. Other columns keep their names. */
const PLATFORM_NAMES: Partial<Record<ConfigKey, string>> = {
  outputColumnName: 'openlayer_output',
  latencyColumnName: 'openlayer_latency',
  costColumnName: 'openlayer_cost',
  numOfTokenColumnName: 'openlayer_num_of_tokens',
  timestampColumnName: 'openlayer_timestamp',
  userIdColumnName: 'openlayer_user_id',
  sessionIdColumnName: 'openlayer_session_id',
};

/** The column that a config names by this key; undefined if it names none. */
export function columnNamed(config: object, key: ConfigKey): string | undefined {
  const column = (config as Readonly<Record<string, unknown>>)[key];
  return typeof column === 'string' ? column : undefined;
}

/** The value of the column that a config names by this key; if it names none, of the column that has our own name. */
export function columnValue(row: JsonObject, config: object, key: ConfigKey): unknown {
  const column = columnNamed(config, key);
  return row[column !== undefined && Object.hasOwn(row, column) ? column : OUR_NAMES[key]];
}

/** The inference IDs of the rows: by the column that the config names, else new ones, as the platform makes them. */
export function inferenceIdsOf({ config, rows }: DataStreamRequest): string[] {
  const column = columnNamed(config, 'inferenceIdColumnName') ?? 'inferenceId';
  return rows.map((row) => {
    const id = Object.hasOwn(row, column) ? idText(row[column]) : undefined;
    return typeof id === 'string' && id !== '' ? id : randomUUID();
  });
}

/** The column that has the row's ID: the one that the config names, or if the row lacks it, the one with our own name. */
export function idColumnOf(row: object, config: object): string {
  const column = columnNamed(config, 'inferenceIdColumnName');
  return column !== undefined && Object.hasOwn(row, column)
    ? column
    : OUR_NAMES.inferenceIdColumnName;
}

/** A number that identifies a row, as text; any other value as it is. */
export function idText(id: unknown): unknown {
  return typeof id === 'number' ? String(id) : id;
}

/** The names of a row's inputs; none if the config is of another kind of project. */
export function inputNames({
  inputVariableNames,
}: {
  readonly inputVariableNames?: unknown;
}): string[] {
  if (!Array.isArray(inputVariableNames)) return [];
  return inputVariableNames.filter((name) => typeof name === 'string');
}

/** The row with our own column names beside those that its config gives them, as `renderTrace` reads it. */
export function withOurNames(row: WireRow, config: WireConfig, inferenceId: string): WireRow {
  const named: Record<string, unknown> = { ...row, inferenceId };
  for (const [key, name] of Object.entries(OUR_NAMES) as [ConfigKey, string][]) {
    const column = columnNamed(config, key);
    if (column !== undefined && column !== name && Object.hasOwn(row, column))
      named[name] = row[column];
  }
  return named as unknown as WireRow; // of other tracers: `renderTrace` checks what it reads
}

/** The row as the platform returns it: columns with a meaning have the platform's names. */
export function asReadBack({
  number,
  row,
  config,
  inferenceId,
}: Pick<StoredRow, 'number' | 'row' | 'config' | 'inferenceId'>): Record<string, unknown> {
  const inputs = inputNames(config);
  const isInput = new Set(inputs);
  const columns: Record<string, unknown> = { openlayer_row_id: number };
  const renamed = new Map<string, string>();
  for (const [key, name] of Object.entries(PLATFORM_NAMES) as [ConfigKey, string][]) {
    const column = columnNamed(config, key);
    if (column !== undefined) renamed.set(column, name);
  }
  for (const [column, value] of Object.entries(row)) {
    const name = renamed.get(column);
    if (name === undefined || isInput.has(column)) define(columns, column, value);
    if (name !== undefined)
      define(columns, name, name === 'openlayer_output' ? parsed(value) : value);
  }
  if (inputs.length > 0) columns.openlayer_inputs = inputs;
  const idColumn = columnNamed(config, 'inferenceIdColumnName') ?? 'inferenceId';
  if (!Object.hasOwn(columns, idColumn)) define(columns, idColumn, inferenceId);
  return columns;
}

/** Sets a column. Unlike an assignment, this can set `__proto__`. */
function define(columns: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(columns, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** The platform parses an output that is the text of an object or array. */
function parsed(output: unknown): unknown {
  if (typeof output !== 'string' || !/^\s*[[{]/.test(output)) return output;
  try {
    const value: unknown = JSON.parse(output);
    return isJsonObject(value) || Array.isArray(value) ? value : output;
  } catch {
    return output;
  }
}
