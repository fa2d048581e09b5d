/** Leaves the contents out of a step: what went in and came out. Names, models, counts, times and errors stay. */

import { definedFields, isJsonObject } from '@openlayer-tracing/core/integration';
import type { StepData } from '../../dialects/step-data.js';

/** The fields of steps that are no content. */
const KEPT = [
  ...['name', 'type', 'startTime', 'endTime', 'metadata', 'error'],
  ...['provider', 'model', 'promptTokens', 'completionTokens', 'tokens', 'usageDetails', 'cost'],
  ...['embeddingDimensions', 'embeddingCount', 'functionName', 'agentType', 'tool'],
  ...['fromComponent', 'toComponent', 'confidenceThreshold', 'blockStrategy', 'dataType'],
] as const;

/** Metadata in which integrations keep contents. */
const CONTENT_METADATA: ReadonlySet<string> = new Set(
  'reasoning question context _question events attributes'.split(' '),
);

export function withoutContent(step: StepData): StepData {
  const { modelParameters } = step;
  const metadata = Object.entries(step.metadata).filter(([key]) => !CONTENT_METADATA.has(key));
  return {
    ...definedFields(Object.fromEntries(KEPT.map((key) => [key, step[key]]))),
    ...(isJsonObject(modelParameters) && { modelParameters: settingsIn(modelParameters) }),
    metadata: Object.fromEntries(metadata),
  } as unknown as StepData;
}

/** The parameters that are numbers, booleans or short names: others may hold prompts. */
function settingsIn(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([, value]) =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)),
    ),
  );
}
