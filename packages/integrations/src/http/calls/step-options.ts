import {
  type FinishedStep,
  isModelCall,
  type StepOptions,
  type StepType,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { bareModel } from '../../common/bare-model.js';
import { recordedContent, recordedParameters } from '../../common/content/recorded-content.js';
import { thrownError } from '../../common/failures/call-error.js';
import { definedFields } from '../../common/json.js';
import type { CallOptions } from '../../common/options.js';
import { providerOf } from '../../common/providers.js';
import type { Description, ModelRequest, ReportedStep, Shape } from '../../shapes/reading/shape.js';
import type { ClientProfile } from '../exchange/client-profile.js';

/** The options with which the step of a call is started, by its request. */
export function stepOptions(
  profile: ClientProfile,
  shape: Omit<Shape, 'reader'>,
  request: ModelRequest,
): StepOptions {
  return optionsOfDescription(profile, shape, request.url, shape.describe(request));
}

/**
 * The options of a step by a description.
 * @param kind the shape or retrieval of the call
 */
export function optionsOfDescription(
  profile: ClientProfile,
  kind: Pick<Shape, 'operation' | 'type'>,
  url: URL,
  { inputs, model, modelParameters }: Description,
): StepOptions {
  const { options } = profile;
  const provider = providerIn(profile, url);
  const client = (provider === 'azure' && profile.clientOnAzure) || profile.client;
  const facts = { provider, model: bareModel(model) };
  const parameters =
    Object.keys(modelParameters).length > 0
      ? recordedParameters(options, modelParameters)
      : undefined;
  return {
    name: `${client} ${kind.operation}`,
    type: kind.type as StepType,
    inputs: recordedContent(options, 'inputs', inputs),
    // Steps of other types have no such fields.
    ...(isModelCall(kind.type)
      ? { ...facts, ...(parameters !== undefined && { modelParameters: parameters }) }
      : { metadata: definedFields({ ...facts, parameters }) }),
  } as StepOptions;
}

/** A step that has ended, for work that a response reports. */
export function reportedStep(options: CallOptions, step: ReportedStep): FinishedStep {
  const { inputs, output, provider, model, modelParameters, tokens, metadata, error, ...others } =
    step;
  const { tokenCounts: _, ...counted } = tokenFields(tokens ?? {});
  const facts = {
    provider,
    model: bareModel(model),
    ...counted,
    ...(modelParameters !== undefined && {
      modelParameters: recordedParameters(options, modelParameters),
    }),
  };
  return definedFields({
    ...others,
    ...(isModelCall(step.type) && definedFields(facts)),
    inputs: recordedContent(options, 'inputs', inputs),
    output: recordedContent(options, 'output', output),
    metadata: definedFields(metadata ?? {}),
    error: error === undefined ? undefined : thrownError(options, error),
  }) as unknown as FinishedStep;
}

/** The provider in the options, else the one of the host, else the one of the client. */
export function providerIn({ options, provider }: ClientProfile, url: URL): string | undefined {
  return options.provider ?? providerOf(url) ?? provider;
}
