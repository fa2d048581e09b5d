/** What the step of a call is started with: all that its request tells. */

import type { StepOptions, StepType } from '@openlayer-tracing/core/integration';
import { recordedContent, recordedParameters } from '../common/content.js';
import { without } from '../common/json.js';
import type { ModelRequest, Shape } from '../shapes/shape.js';
import type { Door } from './door.js';
import { providerOf } from './providers.js';

export function stepOptions(door: Door, shape: Shape, request: ModelRequest): StepOptions {
  const { options } = door;
  const { inputs, model, modelParameters } = shape.describe(request);
  const provider = options.provider ?? providerOf(request.url) ?? door.provider;
  const isAzure = provider === 'azure' && door.client === 'OpenAI';
  const facts = { provider, model: bareModel(model) };
  return {
    name: `${isAzure ? 'Azure OpenAI' : door.client} ${shape.operation}`,
    type: shape.type as StepType,
    inputs: recordedContent(options, 'inputs', inputs),
    // Steps of other types have no fields for them.
    ...(shape.type === 'guardrail' || shape.type === 'retriever'
      ? { metadata: without(facts) }
      : facts),
    ...(Object.keys(modelParameters).length > 0 && {
      modelParameters: recordedParameters(options, modelParameters),
    }),
  } as StepOptions;
}

/** Without the path that Google puts before it. */
export function bareModel(model: string | undefined): string | undefined {
  return model?.replace(/^(publishers\/[^/]+\/)?models\//, '') || undefined;
}
