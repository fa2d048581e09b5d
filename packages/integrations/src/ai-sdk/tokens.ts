/** Token counts in the usage of the AI SDK, of all its versions. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import {
  countOrUndefined,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  presentFields,
} from '../common/json.js';
import { anthropicTokens, hourlyCacheTokens } from '../shapes/anthropic/usage.js';
import { geminiTokens } from '../shapes/gemini/usage.js';
import { openAITokens } from '../shapes/openai/usage.js';

/**
 * The counts of a usage: flat up to version 5, nested from version 6 on, flat with details in the telemetry of version 7. Counts of
 * the provider's own usage take precedence.
 * @param about the metadata of the providers, by their names
 */
export function aiSdkTokens(usage: unknown, about: JsonObject): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  return { ...countsOfSdk(usage, about), ...presentFields(providerTokens(usage.raw, about) ?? {}) };
}

/** The counts of the provider's own usage, which has more of them. */
function providerTokens(
  raw: unknown,
  { anthropic, google, vertex }: JsonObject,
): JsonObject | undefined {
  const { promptTokenCount } = objectOrEmpty(raw);
  const gemini = promptTokenCount === undefined ? undefined : raw;
  const usage =
    gemini ?? objectOrEmpty(google).usageMetadata ?? objectOrEmpty(vertex).usageMetadata;
  if (isJsonObject(usage)) return geminiTokens(withToolTokens(usage)) as JsonObject | undefined;
  const { type, prompt_tokens, input_tokens, input_tokens_details } = objectOrEmpty(raw);
  if (type === 'tokens' || prompt_tokens !== undefined || input_tokens_details !== undefined) {
    return openAITokens(raw) as JsonObject | undefined;
  }
  if (input_tokens === undefined || !isJsonObject(anthropic)) return undefined;
  return anthropicTokens(objectOrEmpty(raw)) as JsonObject | undefined;
}

/** Adds the tokens of Google's own tools, which the SDK leaves out up to version 5: the part of the total that nothing else explains. */
function withToolTokens(usage: JsonObject): JsonObject {
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

function countsOfSdk(usage: JsonObject, about: JsonObject): TokenCounts {
  const { inputTokens, outputTokens } = usage;
  const cacheCreationHour =
    hourlyCacheTokens(usage.raw) ?? hourlyCacheTokens(objectOrEmpty(about.anthropic).usage);
  if (isJsonObject(inputTokens) || isJsonObject(outputTokens)) {
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
}: JsonObject): { readonly written?: number | undefined } | undefined {
  if (isJsonObject(anthropic)) {
    const { usage, cacheCreationInputTokens } = anthropic;
    const stated = countOrUndefined(cacheCreationInputTokens);
    return {
      written: stated ?? countOrUndefined(objectOrEmpty(usage).cache_creation_input_tokens),
    };
  }
  if (!isJsonObject(bedrock)) return undefined;
  return { written: countOrUndefined(objectOrEmpty(bedrock.usage).cacheWriteInputTokens) };
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
