/** A step of a row as the dialects read it. */

import {
  definedFields,
  type JsonObject,
  objectOrEmpty,
  type StepType,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { SpanError, StepData } from '../../dialects/data/step-data.js';

/** Keys of a step that are no field of its type. */
const STEP_KEYS: ReadonlySet<string> = new Set(
  'name id type inputs output metadata steps latency startTime endTime'.split(' '),
);
const ERROR_KEYS: ReadonlySet<string> = new Set(['error', 'errorType', 'errorStack', 'Exceptions']);

/** @param row that the step is in */
export function stepDataOf(step: JsonObject, row: JsonObject): StepData {
  const fields = Object.entries(step).filter(
    ([key, value]) => !STEP_KEYS.has(key) && value !== null,
  );
  const metadata = objectOrEmpty(step.metadata);
  const error = errorOf(metadata);
  const startTime = startOf(step, row);
  return {
    ...Object.fromEntries(fields),
    name: String(step.name),
    type: step.type as StepType,
    startTime,
    endTime: startTime + durationOf(step),
    ...definedFields({
      inputs: step.inputs ?? undefined,
      output: step.output ?? undefined,
      error,
    }),
    metadata: Object.fromEntries(
      Object.entries(metadata).filter(
        ([key]) => key !== 'otel' && (error === undefined || !ERROR_KEYS.has(key)),
      ),
    ),
  };
}

/** The error under the keys from which the platform reads it; undefined if the app uses them for something else. */
function errorOf({ error, errorType, errorStack }: JsonObject): SpanError | undefined {
  if (typeof error !== 'string') return undefined;
  const stack = stringOrUndefined(errorStack);
  return {
    name: stringOrUndefined(errorType) ?? 'Error',
    message: error,
    ...(stack !== undefined && { stack }),
  };
}

/** Epoch milliseconds. */
function startOf({ startTime }: JsonObject, { inferenceTimestamp }: JsonObject): number {
  if (isTime(startTime)) return startTime;
  return isTime(inferenceTimestamp) ? inferenceTimestamp * 1000 : 0;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Milliseconds. The clock of the latency never goes back; that of the times may. */
export function durationOf({ latency, startTime, endTime }: JsonObject): number {
  if (isTime(latency)) return latency;
  return isTime(startTime) && isTime(endTime) ? Math.max(endTime - startTime, 0) : 0;
}
