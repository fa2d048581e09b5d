import type { DataStreamRequest, RowUpdateRequest } from '@openlayer-tracing/core/wire';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { Refusal, withinStack } from '../http/refusal.js';
import { dataStreamFaults, MAX_FAULTS, rowUpdateFaults } from './cross-field.js';
import { lenientRequest } from './lenient.js';
import { faultText, validatorOf } from './validators.js';

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
  const isRowUpdate = validatorOf<RowUpdateRequest>('rows-update-request', { allErrors: false });
  if (mode === 'lenient') {
    return {
      mode,
      dataStream: (body) => withinStack(() => lenientRequest(body)),
      rowUpdate: (body) => withinStack(() => checked(body, isRowUpdate)),
    };
  }
  const isDataStream = validatorOf<DataStreamRequest>('profile-js', { allErrors: false });
  return {
    mode,
    dataStream: (body) => withinStack(() => checked(body, isDataStream, dataStreamFaults)),
    rowUpdate: (body) => withinStack(() => checked(body, isRowUpdate, rowUpdateFaults)),
  };
}

function checked<T>(
  body: unknown,
  isValid: ValidateFunction<T>,
  faultsOf: (body: T) => readonly string[] = () => [],
): T {
  if (!isValid(body)) {
    const texts = (isValid.errors ?? []).map((error) =>
      faultText(error, error.instancePath || 'the body'),
    );
    throw new Refusal(400, texts.join('; '));
  }
  const faults = faultsOf(body);
  if (faults.length > 0) throw new Refusal(400, faults.slice(0, MAX_FAULTS).join('; '));
  return body;
}
