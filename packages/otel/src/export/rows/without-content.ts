/** Leaves the contents out of a step: what went in and came out. Names, models, counts, times and errors stay. */

import {
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
} from '@openlayer-tracing/core/integration';
import type { StepData } from '../../dialects/data/step-data.js';
import { kindOfMember } from '../../dialects/facts/members.js';

/** The fields of steps that are no content. */
const KEPT = [
  ...['name', 'type', 'startTime', 'endTime', 'metadata', 'error'],
  ...['provider', 'model', 'promptTokens', 'completionTokens', 'tokens', 'usageDetails', 'cost'],
  ...['embeddingDimensions', 'embeddingCount', 'functionName', 'agentType', 'tool'],
  ...['fromComponent', 'toComponent', 'confidenceThreshold', 'blockStrategy', 'dataType'],
] as const;

/** Metadata in which integrations and spans keep contents, besides what the tables of dialects name. */
const CONTENT_METADATA: ReadonlySet<string> = new Set(
  'reasoning question context _question stopSequence events attributes'.split(' '),
);

/** Metadata of a model call that is kept whatever its form. */
const KEPT_METADATA: ReadonlySet<string> = new Set(
  'agentName billed finishReason finishReasons kind scope tags'.split(' '),
);

export function withoutContent(step: StepData): StepData {
  const { modelParameters } = step;
  const isCall = isModelCall(step.type);
  const metadata: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(step.metadata)) {
    const kept = metadataWithoutContent(key, value, isCall);
    if (kept !== undefined) metadata[key] = kept;
  }
  return {
    ...definedFields(Object.fromEntries(KEPT.map((key) => [key, step[key]]))),
    ...(isJsonObject(modelParameters) && { modelParameters: settingsIn(modelParameters) }),
    metadata,
  } as unknown as StepData;
}

/** @returns undefined if it is content */
function metadataWithoutContent(key: string, value: unknown, isCall: boolean): unknown {
  const kind = kindOfMember('metadata', key);
  if (CONTENT_METADATA.has(key) || kind === 'content') return undefined;
  if (isJsonObject(value) && (key === 'http' || key === 'database')) return membersOf(key, value);
  if (!isCall || kind === 'label' || KEPT_METADATA.has(key) || key === 'server') return value;
  // Integrations keep the other fields of a response here: citations, searches, probabilities of tokens.
  return isSetting(value) ? value : measuresIn(value);
}

function membersOf(fact: 'http' | 'database', members: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(([member]) => kindOfMember(fact, member) !== 'content'),
  );
}

/** The parameters that are numbers, booleans or short names: others may hold prompts. */
function settingsIn(parameters: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([key, value]) => kindOfMember('parameters', key) !== 'content' && isSetting(value),
    ),
  );
}

function isSetting(value: unknown): boolean {
  return isMeasure(value) || (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value));
}

function isMeasure(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

/** The numbers and booleans of an object and of the objects in it; undefined if there are none. */
function measuresIn(value: unknown): unknown {
  if (isMeasure(value)) return value;
  if (!isJsonObject(value)) return undefined;
  const kept = Object.entries(value)
    .map(([key, each]) => [key, measuresIn(each)])
    .filter(([, each]) => each !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
