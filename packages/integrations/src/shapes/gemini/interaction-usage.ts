/** Reads the usage of Google's interactions and voices: tokens, and what the price depends on besides them. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { arrayOrEmpty, countOrUndefined, type Json, objectOrEmpty } from '../../common/json.js';

/** The counts of a usage; undefined if there is none. */
export function interactionTokens(usage: Json | undefined): TokenCounts | undefined {
  if (usage === undefined) return undefined;
  const promptTokens = countOrUndefined(usage.total_input_tokens);
  const answerTokens = countOrUndefined(usage.total_output_tokens);
  const thoughtTokens = countOrUndefined(usage.total_thought_tokens);
  const total = countOrUndefined(usage.total_tokens);
  const input =
    promptTokens === undefined
      ? undefined
      : promptTokens + (countOrUndefined(usage.total_tool_use_tokens) ?? 0);
  const inputOf = (...modalities: string[]) => {
    const promptPart = modalityTokens(usage.input_tokens_by_modality, ...modalities);
    const toolPart = modalityTokens(usage.tool_use_tokens_by_modality, ...modalities);
    return promptPart === undefined && toolPart === undefined
      ? undefined
      : (promptPart ?? 0) + (toolPart ?? 0);
  };
  return {
    input,
    output:
      answerTokens === undefined && thoughtTokens === undefined
        ? undefined
        : (answerTokens ?? 0) + (thoughtTokens ?? 0),
    total,
    cached: countOrUndefined(usage.total_cached_tokens),
    audioInput: inputOf('audio'),
    // Pages of documents are read as images, and priced like them.
    imageInput: inputOf('image', 'document'),
    videoInput: inputOf('video'),
    cachedAudio: modalityTokens(usage.cached_tokens_by_modality, 'audio'),
    cachedImage: modalityTokens(usage.cached_tokens_by_modality, 'image', 'document'),
    audioOutput: modalityTokens(usage.output_tokens_by_modality, 'audio'),
    imageOutput: modalityTokens(usage.output_tokens_by_modality, 'image'),
    videoOutput: modalityTokens(usage.output_tokens_by_modality, 'video'),
    reasoning: thoughtTokens,
  };
}

/** The tokens of some modalities; undefined if the usage has none of them. */
function modalityTokens(counts: unknown, ...modalities: string[]): number | undefined {
  const matching = arrayOrEmpty(counts)
    .map(objectOrEmpty)
    .filter(({ modality }) => modalities.includes(String(modality).toLowerCase()))
    .map(({ tokens }) => countOrUndefined(tokens))
    .filter((tokens) => tokens !== undefined);
  return matching.length > 0 ? matching.reduce((all, each) => all + each) : undefined;
}

/** What the price depends on besides the tokens. */
export function interactionBilling(usage: Json | undefined, tier: string | undefined): Billing {
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
