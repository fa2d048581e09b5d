// Refuses what the platform refuses. Everything else is accepted, as the official SDKs and hand-written clients send it.

import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { Refusal } from '../http/refusal.js';
import { inputNames } from '../reading/columns.js';
import { isJsonObject } from '../values/json.js';

/** Keys that only the configs of other kinds of projects have: tabular and text classification, and regression. */
const OTHER_TASKS = [
  'classNames',
  'featureNames',
  'categoricalFeatureNames',
  'predictionsColumnName',
  'predictionScoresColumnName',
  'labelColumnName',
  'targetColumnName',
  'textColumnName',
];

/** The body of a data-stream call. @throws Refusal 400 if the platform would refuse it */
export function lenientRequest(body: unknown): DataStreamRequest {
  if (!isJsonObject(body))
    throw new Refusal(400, 'the body must be an object of "config" and "rows"');
  const { config, rows } = body;
  if (!isJsonObject(config)) throw new Refusal(400, 'config must be an object');
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new Refusal(400, 'rows must be an array of at least one row');
  }
  assertTask(config);
  for (const [key, column] of Object.entries(config)) {
    if (!key.endsWith('ColumnName') || column === null) continue;
    if (typeof column !== 'string' || column === '') {
      throw new Refusal(400, `config.${key} must be the name of a column`);
    }
  }
  // Without repetitions, since each name is looked up in each row.
  const inputs = [...new Set(inputNames(config))];
  rows.forEach((row: unknown, index) => {
    if (!isJsonObject(row)) throw new Refusal(400, `rows[${index}] must be an object`);
    const missing = inputs.filter((name) => !Object.hasOwn(row, name));
    if (missing.length === 0) return;
    throw new Refusal(
      400,
      `Not all input variables specified in inputVariableNames are in the dataset: rows[${index}] lacks ${list(missing)}`,
    );
  });
  return body as unknown as DataStreamRequest; // its readers check for missing members
}

function assertTask(config: Readonly<Record<string, unknown>>): void {
  if (typeof config.outputColumnName === 'string') return;
  if (OTHER_TASKS.some((key) => Object.hasOwn(config, key))) return;
  throw new Refusal(
    400,
    'config is not valid under any of the given schemas: that of an LLM project has an outputColumnName (in camel case)',
  );
}

function list(names: readonly string[]): string {
  return names
    .slice(0, 5)
    .map((name) => JSON.stringify(name))
    .join(', ');
}
