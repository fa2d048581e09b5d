import type { StepType } from '@openlayer-tracing/core/wire';
import { isJsonObject } from '../values/json.js';

type Fits = (value: unknown) => boolean;

const string: Fits = (value) => typeof value === 'string';
const amount: Fits = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const count: Fits = (value) => Number.isSafeInteger(value) && amount(value);
const strings: Fits = (value) => Array.isArray(value) && value.every(string);
const any: Fits = (value) => value !== undefined;

interface Field {
  readonly fits: Fits;
  readonly isRequired: boolean;
}

const required = (fits: Fits): Field => ({ fits, isRequired: true });
const optional = (fits: Fits): Field => ({ fits, isRequired: false });

/** The fields of each type of steps in the API. A required one that is unknown is sent as null. */
export const FIELDS: Readonly<Record<StepType, Readonly<Record<string, Field>>>> = {
  user_call: {},
  chain: {},
  function_call: {},
  chat_completion: {
    provider: required(string),
    promptTokens: required(amount),
    completionTokens: required(amount),
    tokens: required(amount),
    cost: required(amount),
    model: required(string),
    modelParameters: required(isJsonObject),
    rawOutput: optional(any),
    usageDetails: optional(isJsonObject),
  },
  embedding: {
    provider: required(string),
    promptTokens: required(amount),
    tokens: required(amount),
    cost: required(amount),
    model: required(string),
    modelParameters: required(isJsonObject),
    rawOutput: required(any),
    embeddingDimensions: required(count),
    embeddingCount: required(count),
  },
  agent: { tool: optional(string), action: optional(any), agentType: optional(string) },
  tool: { functionName: optional(string), arguments: optional(any) },
  retriever: { documents: optional(Array.isArray) },
  handoff: {
    fromComponent: required(string),
    toComponent: required(string),
    handoffData: required(any),
  },
  guardrail: {
    action: required(string),
    blockedEntities: required(strings),
    confidenceThreshold: required(amount),
    reason: required(string),
    detectedEntities: required(strings),
    redactedEntities: required(strings),
    blockStrategy: required(string),
    dataType: required(string),
  },
};

/** The fields of a step's type, as the API has them. */
export function stepFields(
  type: StepType,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, { fits, isRequired }] of Object.entries(FIELDS[type])) {
    const value = values[name];
    if (value !== undefined && fits(value)) fields[name] = value;
    else if (isRequired) fields[name] = null;
  }
  return fields;
}
