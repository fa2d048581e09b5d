/** Reads the usage of Google's interactions and voices: tokens, and what the price depends on besides them. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  type JsonObject,
  objectOrEmpty,
} from '../../common/json.js';
import { sumOfKnown, tokensOfModalities } from './usage.js';

/** The counts of a usage; undefined if there is none. */
export function interactionTokens(usage: JsonObject | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const promptTokens = countOrUndefined(usage.total_input_tokens);
  const answerTokens = countOrUndefined(usage.total_output_tokens);
  const thoughtTokens = countOrUndefined(usage.total_thought_tokens);
  const toolTokens = countOrUndefined(usage.total_tool_use_tokens);
  const inputOf = (...modalities: string[]) =>
    sumOfKnown(
      tokensOfModalities(usage.input_tokens_by_modality, ...modalities),
      tokensOfModalities(usage.tool_use_tokens_by_modality, ...modalities),
    );
  return {
    input: promptTokens === undefined ? undefined : promptTokens + (toolTokens ?? 0),
    output: sumOfKnown(answerTokens, thoughtTokens),
    total: countOrUndefined(usage.total_tokens),
    cached: countOrUndefined(usage.total_cached_tokens),
    audioInput: inputOf('AUDIO'),
    // Pages of documents are read as images, and priced like them.
    imageInput: inputOf('IMAGE', 'DOCUMENT'),
    videoInput: inputOf('VIDEO'),
    cachedAudio: tokensOfModalities(usage.cached_tokens_by_modality, 'AUDIO'),
    cachedImage: tokensOfModalities(usage.cached_tokens_by_modality, 'IMAGE', 'DOCUMENT'),
    audioOutput: tokensOfModalities(usage.output_tokens_by_modality, 'AUDIO'),
    imageOutput: tokensOfModalities(usage.output_tokens_by_modality, 'IMAGE'),
    videoOutput: tokensOfModalities(usage.output_tokens_by_modality, 'VIDEO'),
    reasoning: thoughtTokens,
  };
}

/** What the price depends on besides the tokens. */
export function interactionBilling(
  usage: JsonObject | undefined,
  tier: string | undefined,
): Billing {
  const uses: Record<string, number> = {};
  for (const each of arrayOrEmpty(usage?.grounding_tool_count)) {
    const { type, count: times } = objectOrEmpty(each);
    if (typeof type === 'string' && typeof times === 'number') uses[type] = times;
  }
  return {
    ...(tier !== undefined && { serviceTier: tier }),
    ...(Object.keys(uses).length > 0 && { toolUses: uses }),
  };
}
