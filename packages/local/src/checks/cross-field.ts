// Rules that a JSON schema cannot express. Each function returns the faults that it finds.

import type {
  DataStreamRequest,
  RowUpdateRequest,
  WireRow,
  WireStep,
} from '@openlayer-tracing/core/wire';
import { isRecord } from '../json.js';

/** Faults of a data-stream call: missing columns, incoherent trees, repeated inference IDs. */
export function dataStreamFaults(request: DataStreamRequest): string[] {
  const { config, rows } = request;
  const faults = missingInputs(request);
  const columns = namedColumns(config);
  rows.forEach((row, index) => {
    for (const [key, column] of columns) {
      if (!Object.hasOwn(row, column)) {
        faults.push(`rows[${index}]: ${key} names the missing column "${column}"`);
      }
    }
    for (const fault of treeFaults(row)) faults.push(`rows[${index}]: ${fault}`);
  });
  const ids = new Set(rows.map((row) => row.inferenceId));
  if (ids.size !== rows.length) faults.push('an inferenceId is repeated inside one request');
  return faults;
}

/** Input variables without a column: the one cross-field rule that the platform itself enforces. */
function missingInputs({ config, rows }: DataStreamRequest): string[] {
  const names = config.inputVariableNames ?? []; // optional in the lenient schema
  return rows.flatMap((row, index) =>
    names
      .filter((name) => !Object.hasOwn(row, name))
      .map((name) => `rows[${index}]: input variable "${name}" has no column`),
  );
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
  const pending: WireStep[] = childrenOf(row);
  for (let step = pending.pop(); step; step = pending.pop()) {
    if (ids.has(step.id)) faults.push(`duplicate step id ${step.id}`);
    ids.add(step.id);
    if (step.endTime < step.startTime) faults.push(`step "${step.name}" ends before it starts`);
    for (const child of childrenOf(step)) pending.push(child);
  }
  return faults;
}

/** Checks the type, since rows of other tracers are read as well. */
function childrenOf({ steps }: { readonly steps: readonly WireStep[] }): WireStep[] {
  return Array.isArray(steps)
    ? steps.filter(isRecord).map((step) => step as unknown as WireStep)
    : [];
}
