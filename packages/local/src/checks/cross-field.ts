// Rules that a JSON schema cannot express. Each function returns the faults that it finds.

import type {
  DataStreamRequest,
  RowUpdateRequest,
  WireRow,
  WireStep,
} from '@openlayer-tracing/core/wire';
import { childSteps } from '../reading/steps.js';

/** Faults that a refusal names. */
export const MAX_FAULTS = 5;

/**
 * Faults of a data-stream call: missing columns, incoherent trees, repeated inference IDs. Once a row has brought the number to
 * `MAX_FAULTS`, later rows are not checked.
 */
export function dataStreamFaults({ config, rows }: DataStreamRequest): string[] {
  const faults: string[] = [];
  // Optional in the lenient schema. Without repetitions, since each name is looked up in each row.
  const names = [...new Set(config.inputVariableNames ?? [])];
  const columns = namedColumns(config);
  for (const [index, row] of rows.entries()) {
    for (const fault of rowFaults(row, names, columns)) faults.push(`rows[${index}]: ${fault}`);
    if (faults.length >= MAX_FAULTS) return faults;
  }
  const ids = new Set(rows.map((row) => row.inferenceId));
  if (ids.size !== rows.length) faults.push('an inferenceId is repeated inside one request');
  return faults;
}

/** Input variables without a column are the one cross-field fault that the platform itself refuses. */
function rowFaults(
  row: WireRow,
  names: readonly string[],
  columns: readonly (readonly [key: string, column: string])[],
): string[] {
  return [
    ...names
      .filter((name) => !Object.hasOwn(row, name))
      .map((name) => `input variable "${name}" has no column`),
    ...columns
      .filter(([, column]) => !Object.hasOwn(row, column))
      .map(([key, column]) => `${key} names the missing column "${column}"`),
    ...treeFaults(row),
  ];
}

/** Columns that the `config` of an update names and its row lacks. */
export function rowUpdateFaults({ row, config }: RowUpdateRequest): string[] {
  return namedColumns(config ?? {})
    .filter(([, column]) => !Object.hasOwn(row, column))
    .map(([key, column]) => `${key} names the missing column "${column}"`);
}

function namedColumns(config: object): [key: string, column: string][] {
  return Object.entries(config).filter(
    (entry): entry is [string, string] =>
      entry[0].endsWith('ColumnName') && typeof entry[1] === 'string',
  );
}

function treeFaults(row: WireRow): string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const pending = [...childSteps(row)];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const step = next as WireStep; // of any tracer: members may be missing
    if (ids.has(step.id)) faults.push(`duplicate step id ${step.id}`);
    ids.add(step.id);
    if (step.endTime < step.startTime) faults.push(`step "${step.name}" ends before it starts`);
    for (const child of childSteps(step)) pending.push(child);
  }
  return faults;
}
