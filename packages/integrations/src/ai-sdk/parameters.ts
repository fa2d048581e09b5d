/** Parameters of calls of the AI SDK, and the tier that they request. */

import {
  type JsonObject,
  nonEmptyFields,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';

const PARAMETERS = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'stopSequences',
  'seed',
  'reasoning',
  'toolChoice',
  'responseFormat',
  'providerOptions',
  'activeTools',
  'toolOrder',
  'output',
  'schema',
  'schemaName',
  'schemaDescription',
] as const;

/** The parameters of a call, in snake case. */
export function aiSdkParameters(settings: JsonObject): JsonObject {
  const { output } = settings;
  // From version 5 on an object with functions.
  const withOutputName = {
    ...settings,
    output: stringOrUndefined(objectOrEmpty(output).name) ?? stringOrUndefined(output),
  };
  return snakeCased(settingsIn(withOutputName));
}

/** The parameters among the options of an operation, without empty ones. */
export function settingsIn(params: JsonObject): JsonObject {
  const { dimensions } = params;
  const settings = Object.fromEntries(PARAMETERS.map((name) => [name, params[name]]));
  return nonEmptyFields({ ...settings, dimensions });
}

/** The object with its keys in snake case. */
export function snakeCased(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      item,
    ]),
  );
}

/** The tier that a call requests; undefined if it requests none. */
export function requestedTier({ providerOptions }: JsonObject): string | undefined {
  for (const options of Object.values(objectOrEmpty(providerOptions))) {
    const { serviceTier, service_tier, sharedRequestType } = objectOrEmpty(options);
    const tier =
      stringOrUndefined(serviceTier) ??
      stringOrUndefined(service_tier) ??
      stringOrUndefined(sharedRequestType);
    if (tier !== undefined) return tier;
  }
  return undefined;
}
