import type { DataStreamRequest, RowUpdateRequest } from '@openlayer-tracing/core/wire';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { dataStreamFaults, missingInputs, rowUpdateFaults } from './cross-field.js';
import { Refusal } from './refusal.js';
import { readSchemas } from './schemas.cjs';

export type CheckMode = 'strict' | 'lenient';

/** Narrows request bodies; throws a Refusal that names the first faults. */
export interface Checker {
  dataStream(body: unknown): DataStreamRequest;
  rowUpdate(body: unknown): RowUpdateRequest;
}

export function createChecker(mode: CheckMode): Checker {
  const isStrict = mode === 'strict';
  const isDataStream = schema<DataStreamRequest>(isStrict ? 'profile-js' : 'data-stream-request');
  const isRowUpdate = schema<RowUpdateRequest>('rows-update-request');
  return {
    dataStream(body) {
      return checked(body, isDataStream, isStrict ? dataStreamFaults : missingInputs);
    },
    rowUpdate(body) {
      return checked(body, isRowUpdate, isStrict ? rowUpdateFaults : () => []);
    },
  };
}

function checked<T>(
  body: unknown,
  isValid: ValidateFunction<T>,
  faultsOf: (body: T) => readonly string[],
): T {
  if (!isValid(body)) throw new Refusal(400, (isValid.errors ?? []).map(describe).join('; '));
  const faults = faultsOf(body);
  if (faults.length > 0) throw new Refusal(400, faults.slice(0, 5).join('; '));
  return body;
}

function describe(error: ErrorObject): string {
  const { allowedValues, additionalProperty, unevaluatedProperty } = error.params;
  const detail = allowedValues?.join(', ') ?? additionalProperty ?? unevaluatedProperty;
  const where = error.instancePath || 'the body';
  return `${where} ${error.message}${detail === undefined ? '' : ` (${detail})`}`;
}

// Compiling takes tens of milliseconds, so it is done once per process and only when asked for.
const ajv = new Ajv2020({ strictRequired: false, strictTypes: false, allowUnionTypes: true });
for (const each of readSchemas()) ajv.addSchema(each);

function schema<T>(name: string): ValidateFunction<T> {
  const validate = ajv.getSchema<T>(`urn:openlayer-wire:${name}`);
  if (!validate) throw new Error(`no schema named ${name}`);
  return validate as ValidateFunction<T>; // none of our schemas is $async
}
