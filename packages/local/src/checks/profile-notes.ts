import type { DataStreamRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { readSchemas } from '../schemas.cjs';
import { dataStreamFaults } from './cross-field.js';

const MAX_NOTES = 20;

/**
 * Where a stored row does not satisfy the strict profile, as sentences: at most 20, those about the row first. The platform
 * takes such rows; they are what its official SDKs and hand-written clients send.
 */
export function profileNotes(row: WireRow, config: WireConfig): string[] {
  const request = { config, rows: [row] };
  const counts = new Map<string, number>();
  for (const fault of faultsOf(request)) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const notes = [...counts]
    .sort(([a], [b]) => Number(a.startsWith('a step')) - Number(b.startsWith('a step')))
    .map(([note, count]) => (count === 1 ? note : `${note} (${count} times)`));
  if (notes.length <= MAX_NOTES) return notes;
  return [...notes.slice(0, MAX_NOTES - 1), `... and ${notes.length - MAX_NOTES + 1} more`];
}

function faultsOf(request: DataStreamRequest): string[] {
  try {
    const validate = profile();
    const isValid = validate(request);
    return (validate.errors ?? [])
      .map(faultText)
      .concat(isValid || hasSteps(request) ? dataStreamFaults(request).map(withoutIndex) : []);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return ['a step is nested too deeply to be checked'];
  }
}

/** Whether the checks that a schema cannot express can read the row. */
function hasSteps({ rows }: DataStreamRequest): boolean {
  return rows.every(({ steps }) => Array.isArray(steps));
}

function faultText({ instancePath, keyword, message, params }: ErrorObject): string {
  const where = placeOf(instancePath);
  if (keyword === 'required') return `${where} lacks "${params.missingProperty}"`;
  const unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (unknown !== undefined) return `${where} has the unknown key "${unknown}"`;
  const allowed =
    params.allowedValues ?? (params.allowedValue === undefined ? [] : [params.allowedValue]);
  const { length } = allowed;
  return length === 0 ? `${where} ${message}` : `${where} must be ${allowed.join(', ')}`;
}

/** Names a place in words. All steps are alike, however deep they are, so that equal faults are counted. */
function placeOf(instancePath: string): string {
  const [, , , ...path] = instancePath.split('/');
  const isRow = instancePath.startsWith('/rows/');
  if (!isRow) return instancePath === '' ? 'the call' : instancePath.slice(1).replaceAll('/', '.');
  let place = 'the row';
  let rest = path;
  while (rest[0] === 'steps' && rest[1] !== undefined) {
    place = 'a step';
    rest = rest.slice(2);
  }
  return rest.length === 0 ? place : `${place}: ${rest.join('.')}`;
}

function withoutIndex(fault: string): string {
  return fault.replace(/^rows\[0\]: /, 'the row: ');
}

let compiled: ValidateFunction<DataStreamRequest> | undefined;

/** Compiled at the first use, since most servers of tests never need it. */
function profile(): ValidateFunction<DataStreamRequest> {
  if (compiled) return compiled;
  const ajv = new Ajv2020({
    allErrors: true,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
  });
  for (const each of readSchemas()) ajv.addSchema(each);
  compiled = ajv.getSchema<DataStreamRequest>('urn:openlayer-wire:profile-js') as
    | ValidateFunction<DataStreamRequest>
    | undefined;
  if (!compiled) throw new Error('no schema named profile-js');
  return compiled;
}
