/** Reads Mistral's usage: tokens, and what the price depends on besides them. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  positiveCounts,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';

const KNOWN = wordArray(`
  prompt_tokens completion_tokens total_tokens num_cached_tokens prompt_audio_seconds
  service_tier connectors
`);

const KNOWN_OF_DETAILS = ['cached_tokens', 'audio_tokens', 'reasoning_tokens'];

/** The counts of a usage. The model also reads the results of connectors, which are counted separately: they are added. */
export function mistralTokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const inputDetails = objectOrEmpty(usage.prompt_tokens_details ?? usage.prompt_token_details);
  const outputDetails = objectOrEmpty(usage.completion_tokens_details);
  const input = countOrUndefined(usage.prompt_tokens);
  const output = countOrUndefined(usage.completion_tokens);
  const total = countOrUndefined(usage.total_tokens);
  const found = countOrUndefined(usage.connector_tokens) ?? 0;
  const isAdditional =
    input !== undefined && (total === undefined || input + (output ?? 0) + found <= total);
  return {
    input: isAdditional ? input + found : input,
    output,
    total,
    cached:
      countOrUndefined(inputDetails.cached_tokens) ?? countOrUndefined(usage.num_cached_tokens),
    audioInput: countOrUndefined(inputDetails.audio_tokens),
    audioOutput: countOrUndefined(outputDetails.audio_tokens),
    reasoning: countOrUndefined(outputDetails.reasoning_tokens),
  };
}

/** What the price depends on besides the tokens. */
export function mistralBilling(usage: unknown): Billing {
  const { prompt_audio_seconds, service_tier, connectors } = objectOrEmpty(usage);
  const seconds = countOrUndefined(prompt_audio_seconds);
  const tier = stringOrUndefined(service_tier);
  const toolUses = positiveCounts(connectors);
  return {
    ...(seconds !== undefined && { seconds }),
    ...(tier !== undefined && { serviceTier: tier }),
    ...(toolUses !== undefined && { toolUses }),
  };
}

/** The unknown fields of the usage; undefined if there are none. */
export function unknownMistralUsage(usage: unknown): JsonObject | undefined {
  const unknown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fieldsExcept(objectOrEmpty(usage), ...KNOWN))) {
    const kept = isJsonObject(value) ? fieldsExcept(value, ...KNOWN_OF_DETAILS) : value;
    if (value !== null && (!isJsonObject(kept) || Object.keys(kept).length > 0))
      unknown[key] = kept;
  }
  return nonEmptyObjectOrUndefined(unknown);
}
