/** The AI SDK's words in those of the platform. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, isRecord, type Json, record, text, without } from '../common/json.js';

/** Where the SDK names a provider in another way than the platform. The longest beginning wins. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'azure-openai': 'azure',
  vertex: 'google',
  'amazon-bedrock': 'bedrock',
  togetherai: 'together_ai',
  fireworks: 'fireworks_ai',
};

/** `openai` of `openai.chat`; of a gateway, the vendor that the model's path begins with. */
export function aiProvider(provider: unknown, modelId: unknown): string | undefined {
  const name = text(provider)?.split('.')[0];
  if (name === 'gateway') {
    const [vendor, ...path] = text(modelId)?.split('/') ?? [];
    return path.length > 0 ? aiProvider(vendor, undefined) : undefined;
  }
  return name === undefined || name === '' ? undefined : (PROVIDERS[name] ?? name);
}

/** Without the vendor that a gateway's models have before their name. */
export function aiModel(modelId: unknown): string | undefined {
  return text(modelId)?.replace(/^.*\//, '') || undefined;
}

/** Flat up to 5, a nested one on models' side from 6 on, and flat with details in what 7 tells its telemetry. */
export function aiTokens(usage: unknown): TokenCounts | undefined {
  if (!isRecord(usage)) return undefined;
  const { inputTokens, outputTokens } = usage;
  if (isRecord(inputTokens) || isRecord(outputTokens)) {
    const into = record(inputTokens);
    return {
      input: count(into.total),
      output: count(record(outputTokens).total),
      cached: count(into.cacheRead),
      cacheCreation: count(into.cacheWrite),
    };
  }
  const details = record(usage.inputTokenDetails);
  return {
    // Embeddings have one count.
    input: count(inputTokens) ?? count(usage.tokens),
    output: count(outputTokens),
    total: count(usage.totalTokens) ?? count(usage.tokens),
    cached: count(details.cacheReadTokens) ?? count(usage.cachedInputTokens),
    cacheCreation: count(details.cacheWriteTokens),
  };
}

/** A part of the output, and priced like it. */
export function reasoningTokens(usage: unknown): number | undefined {
  const { outputTokens, outputTokenDetails, reasoningTokens } = record(usage);
  return (
    count(record(outputTokens).reasoning) ??
    count(record(outputTokenDetails).reasoningTokens) ??
    count(reasoningTokens)
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
] as const;

/** What a call sets, in snake case. */
export function aiParameters(settings: Json): Json {
  return without(
    Object.fromEntries(
      PARAMETERS.map((name) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        settings[name],
      ]),
    ),
  );
}
