/** Converts fields of the AI SDK to those of the platform: provider, model, tokens, billing and parameters. */

import { type Billing, providerSlug, type TokenCounts } from '@openlayer-tracing/core/integration';
import {
  countOrUndefined,
  isRecord,
  type Json,
  nonEmptyFields,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import { anthropicTokens, hourlyCacheTokens } from '../shapes/anthropic/usage.js';
import { geminiTokens, geminiToolUses } from '../shapes/gemini/usage.js';
import { openAIBilling, openAITokens } from '../shapes/openai/usage.js';

/** The provider: `openai` of `openai.chat`; for a gateway, the vendor with which the model's path begins. */
export function aiProvider(provider: unknown, modelId: unknown): string | undefined {
  if (stringOrUndefined(provider)?.split('.')[0] === 'gateway') {
    const [vendor, ...path] = stringOrUndefined(modelId)?.split('/') ?? [];
    return path.length > 0 ? aiProvider(vendor, undefined) : undefined;
  }
  return providerSlug(provider);
}

/** The model's name without the vendor that a gateway puts before it. */
export function aiModel(modelId: unknown): string | undefined {
  return stringOrUndefined(modelId)?.replace(/^.*\//, '') || undefined;
}

/**
 * The counts of a usage: flat up to version 5, nested from version 6 on, flat with details in the telemetry of version 7. Counts of
 * the provider's own usage take precedence.
 * @param about the metadata of the providers, by their names
 */
export function aiTokens(usage: unknown, about: Json): TokenCounts | undefined {
  if (!isRecord(usage)) return undefined;
  return { ...sdkTokens(usage, about), ...presentFields(providerTokens(usage.raw, about) ?? {}) };
}

/** The counts of the provider's own usage, which has more of them. */
function providerTokens(raw: unknown, { anthropic, google, vertex }: Json): Json | undefined {
  const { promptTokenCount } = objectOrEmpty(raw);
  const gemini = promptTokenCount === undefined ? undefined : raw;
  const usage =
    gemini ?? objectOrEmpty(google).usageMetadata ?? objectOrEmpty(vertex).usageMetadata;
  if (isRecord(usage)) return geminiTokens(withToolTokens(usage)) as Json | undefined;
  const { type, prompt_tokens, input_tokens, input_tokens_details } = objectOrEmpty(raw);
  if (type === 'tokens' || prompt_tokens !== undefined || input_tokens_details !== undefined) {
    return openAITokens(raw) as Json | undefined;
  }
  if (input_tokens === undefined || !isRecord(anthropic)) return undefined;
  return anthropicTokens(objectOrEmpty(raw)) as Json | undefined;
}

/** Adds the tokens of Google's own tools, which the SDK leaves out up to version 5: the part of the total that nothing else explains. */
function withToolTokens(usage: Json): Json {
  const {
    promptTokenCount: promptTokens,
    candidatesTokenCount: answerTokens,
    thoughtsTokenCount: thoughtTokens,
  } = usage;
  const total = countOrUndefined(usage.totalTokenCount);
  if (
    total === undefined ||
    countOrUndefined(promptTokens) === undefined ||
    countOrUndefined(thoughtTokens) === undefined
  )
    return usage;
  const toolTokens =
    total - Number(promptTokens) - (countOrUndefined(answerTokens) ?? 0) - Number(thoughtTokens);
  return toolTokens > 0 ? { toolUsePromptTokenCount: toolTokens, ...usage } : usage;
}

function sdkTokens(usage: Json, about: Json): TokenCounts {
  const { inputTokens, outputTokens } = usage;
  const cacheCreationHour =
    hourlyCacheTokens(usage.raw) ?? hourlyCacheTokens(objectOrEmpty(about.anthropic).usage);
  if (isRecord(inputTokens) || isRecord(outputTokens)) {
    const inputCounts = objectOrEmpty(inputTokens);
    return {
      input: countOrUndefined(inputCounts.total),
      output: countOrUndefined(objectOrEmpty(outputTokens).total),
      cached: countOrUndefined(inputCounts.cacheRead),
      cacheCreation: countOrUndefined(inputCounts.cacheWrite),
      cacheCreationHour,
      reasoning: reasoningTokens(usage),
    };
  }
  const details = objectOrEmpty(usage.inputTokenDetails);
  const cached =
    countOrUndefined(details.cacheReadTokens) ?? countOrUndefined(usage.cachedInputTokens);
  const input = countOrUndefined(inputTokens) ?? countOrUndefined(usage.tokens);
  // Up to version 5, the counts of these providers do not contain tokens read from or written to a cache.
  const separateCache =
    usage.inputTokenDetails === undefined ? cacheOutsideInput(about) : undefined;
  return {
    // Embeddings have only one count.
    input:
      input === undefined || !separateCache
        ? input
        : input + (cached ?? 0) + (separateCache.written ?? 0),
    output: countOrUndefined(outputTokens),
    total: separateCache
      ? undefined
      : (countOrUndefined(usage.totalTokens) ?? countOrUndefined(usage.tokens)),
    cached,
    cacheCreation: countOrUndefined(details.cacheWriteTokens) ?? separateCache?.written,
    cacheCreationHour,
    reasoning: reasoningTokens(usage),
  };
}

/** The tokens written to a cache, for providers that count their caches in addition to the input; undefined for all others. */
function cacheOutsideInput({
  anthropic,
  bedrock,
}: Json): { readonly written?: number | undefined } | undefined {
  if (isRecord(anthropic)) {
    const { usage, cacheCreationInputTokens } = anthropic;
    const stated = countOrUndefined(cacheCreationInputTokens);
    return {
      written: stated ?? countOrUndefined(objectOrEmpty(usage).cache_creation_input_tokens),
    };
  }
  if (!isRecord(bedrock)) return undefined;
  return { written: countOrUndefined(objectOrEmpty(bedrock.usage).cacheWriteInputTokens) };
}

/** What the price of a call depends on besides its tokens, as the provider or a gateway states it. */
export function aiBilling(usage: unknown, about: Json, body: unknown): Billing {
  let statedTier = tierIn(body);
  let billing: Billing = openAIBilling(objectOrEmpty(objectOrEmpty(usage).raw));
  for (const each of Object.values(about)) {
    const { usage: raw, serviceTier, service_tier, cost } = objectOrEmpty(each);
    billing = { ...billing, ...openAIBilling(objectOrEmpty(raw)) };
    statedTier = stringOrUndefined(serviceTier) ?? stringOrUndefined(service_tier) ?? statedTier;
    // A gateway that knows no price sends 0.
    const stated = countOrUndefined(typeof cost === 'string' ? Number(cost) : cost) ?? 0;
    if (stated > 0) billing = { ...billing, statedCost: stated };
  }
  return {
    ...billing,
    ...(statedTier !== undefined && { serviceTier: statedTier }),
    ...googleToolUses(about),
  };
}

/** The tier in the body that the provider sent. The SDK does not always pass it on. */
function tierIn(body: unknown): string | undefined {
  const { service_tier, usageMetadata } = objectOrEmpty(body);
  return (
    stringOrUndefined(service_tier) ?? stringOrUndefined(objectOrEmpty(usageMetadata).serviceTier)
  );
}

/** The tier that a call requests; undefined if it requests none. */
export function requestedTier({ providerOptions }: Json): string | undefined {
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

/** The uses of Google's own tools in its metadata. Code executions are not among them: they are parts of the answer. */
function googleToolUses({ google, googleVertex, vertex }: Json): Billing {
  const facts = objectOrEmpty(google ?? googleVertex ?? vertex);
  // The SDK may have sent several requests for one answer.
  const { groundingMetadataPerRequest: several } = facts;
  const all = Array.isArray(several)
    ? several.map((each, i) =>
        i === 0 ? { ...facts, groundingMetadata: each } : { groundingMetadata: each },
      )
    : [facts];
  return geminiToolUses(all.map((each) => ({ facts: each, executions: 0 })));
}

/** The reasoning tokens, which are a part of the output and priced like it. */
export function reasoningTokens(usage: unknown): number | undefined {
  const { outputTokens, outputTokenDetails, reasoningTokens } = objectOrEmpty(usage);
  return (
    countOrUndefined(objectOrEmpty(outputTokens).reasoning) ??
    countOrUndefined(objectOrEmpty(outputTokenDetails).reasoningTokens) ??
    countOrUndefined(reasoningTokens)
  );
}

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
export function aiParameters(settings: Json): Json {
  const { output } = settings;
  // From version 5 on an object with functions.
  const named = {
    ...settings,
    output: stringOrUndefined(objectOrEmpty(output).name) ?? stringOrUndefined(output),
  };
  return snakeCased(settingsIn(named));
}

/** The parameters among the options of an operation, without empty ones. */
export function settingsIn(params: Json): Json {
  const { dimensions } = params;
  const settings = Object.fromEntries(PARAMETERS.map((name) => [name, params[name]]));
  return nonEmptyFields({ ...settings, dimensions });
}

/** The object with its keys in snake case. */
export function snakeCased(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      item,
    ]),
  );
}
