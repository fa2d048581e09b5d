import type { DataStreamRequest, RowUpdateRequest } from '@openlayer-tracing/core/wire';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { Refusal } from '../refusal.js';
import { readSchemas } from '../schemas.cjs';
import { dataStreamFaults, rowUpdateFaults } from './cross-field.js';
import { lenientRequest } from './lenient.js';

/**
 * `strict` accepts what this library sends, and returns rows as they were sent. `lenient` accepts what the platform accepts,
 * and returns rows as the platform does, with its column names.
 */
export type CheckMode = 'strict' | 'lenient';

/** Checks request bodies. Throws a Refusal that names the first faults. */
export interface Checker {
  readonly mode: CheckMode;
  dataStream(body: unknown): DataStreamRequest;
  rowUpdate(body: unknown): RowUpdateRequest;
}

/** Creates the checks of one mode. */
export function createChecker(mode: CheckMode): Checker {
  const isRowUpdate = schema<RowUpdateRequest>('rows-update-request');
  if (mode === 'lenient') {
    return { mode, dataStream: lenientRequest, rowUpdate: (body) => checked(body, isRowUpdate) };
  }
  const isDataStream = schema<DataStreamRequest>('profile-js');
  return {
    mode,
    dataStream: (body) => checked(body, isDataStream, dataStreamFaults),
    rowUpdate: (body) => checked(body, isRowUpdate, rowUpdateFaults),
  };
}

function checked<T>(
  body: unknown,
  isValid: ValidateFunction<T>,
  faultsOf: (body: T) => readonly string[] = () => [],
): T {
  if (!isValid(body)) throw new Refusal(400, (isValid.errors ?? []).map(faultText).join('; '));
  const faults = faultsOf(body);
  if (faults.length > 0) throw new Refusal(400, faults.slice(0, 5).join('; '));
  return body;
}

export function faultText(error: ErrorObject): string {
  const { allowedValues, additionalProperty, unevaluatedProperty } = error.params;
  const detail = allowedValues?.join(', ') ?? additionalProperty ?? unevaluatedProperty;
  const where = error.instancePath || 'the body';
  return `${where} ${error.message}${detail === undefined ? '' : ` (${detail})`}`;
}

// Compiling a schema takes tens of milliseconds, so it is done once per process, at the first use.
const ajv = new Ajv2020({ strictRequired: false, strictTypes: false, allowUnionTypes: true });
for (const each of readSchemas()) ajv.addSchema(each);

function schema<T>(name: string): ValidateFunction<T> {
  const validate = ajv.getSchema<T>(`urn:openlayer-wire:${name}`);
  if (!validate) throw new Error(`no schema named ${name}`);
  return validate as ValidateFunction<T>; // none of our schemas is $async
}
