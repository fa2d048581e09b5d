/** The further fields of a step of ours, which are one attribute of its span. */

import { isJsonObject, type JsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';
import type { StepData } from '../data/step-data.js';

type Fits = (value: unknown) => boolean;

const isString: Fits = (value) => typeof value === 'string';
const isAmount: Fits = (value) => Number.isFinite(value) && Number(value) >= 0;
const isAmounts: Fits = (value) => isJsonObject(value) && Object.values(value).every(isAmount);
const isAny: Fits = () => true;
/** For fields that the span or another attribute states. */
const isNone: Fits = () => false;

/** What the fields of steps may hold. */
const FIELDS: ReadonlyMap<string, Fits> = new Map(
  Object.entries({
    name: isNone,
    type: isNone,
    startTime: isNone,
    endTime: isNone,
    inputs: isNone,
    output: isNone,
    metadata: isNone,
    error: isNone,
    steps: isNone,
    provider: isString,
    model: isString,
    modelParameters: isJsonObject,
    promptTokens: isAmount,
    completionTokens: isAmount,
    tokens: isAmount,
    usageDetails: isAmounts,
    cost: isAmount,
    embeddingDimensions: isAmount,
    embeddingCount: isAmount,
    functionName: isString,
    arguments: isAny,
    documents: Array.isArray,
    agentType: isString,
  } satisfies Record<Exclude<keyof StepData, number>, Fits>),
);

/** The fields of the object that a step may have. Those with a value of another type than theirs are dropped. */
export function openlayerFields(stated: unknown): JsonObject {
  const fields = Object.entries(objectOrEmpty(stated));
  return Object.fromEntries(
    fields.filter(([name, value]) => value !== null && (FIELDS.get(name) ?? isAny)(value)),
  );
}
