/** Reads the traces of a file into the body of a data-stream call. */

import { isRecord, type Json, parseJson } from '../json.js';

export interface TraceFile {
  readonly config: Json;
  readonly rows: readonly Json[];
}

/** The config for rows without one: the names that this library gives to columns. */
const OUR_CONFIG: Json = {
  outputColumnName: 'output',
  inputVariableNames: [],
  latencyColumnName: 'latency',
  costColumnName: 'cost',
  timestampColumnName: 'inferenceTimestamp',
  inferenceIdColumnName: 'inferenceId',
  numOfTokenColumnName: 'tokens',
  userIdColumnName: 'user_id',
  sessionIdColumnName: 'session_id',
};

/**
 * Reads what the page downloads and copies, `openlayer-local show --json` prints, and apps send: `{ config, rows }`,
 * `{ config, row }`, a row, or an array of rows.
 * @throws Error with words for the reader
 */
export function readTraceFile(text: string): TraceFile {
  const value = parsed(text);
  const { config, row, rows } = isRecord(value) ? value : {};
  const list = Array.isArray(rows) ? rows : [isRecord(row) ? row : value].flat();
  if (list.length === 0 || !list.every(isTrace)) {
    throw new Error('This file has no traces: a trace is an object with "steps".');
  }
  return { config: isRecord(config) ? config : OUR_CONFIG, rows: list };
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Error('This file is not JSON.');
  }
}

function isTrace(value: unknown): value is Json {
  return isRecord(value) && Array.isArray(value.steps);
}
