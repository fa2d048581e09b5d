/** Converts token counts of clients to the fields that the platform prices. */

import { reconciled, type TokenCounts } from '../../trace/usage/token-counts.js';

/** Token fields of a step, and the counts that have no field. */
export interface TokenFields {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly tokens: number | undefined;
  readonly usageDetails: Readonly<Record<string, number>> | undefined;
  /** All counts. A `RecordedCall` keeps them for the price of its step. */
  readonly tokenCounts: TokenCounts | undefined;
}

/**
 * The token fields of a step. Unknown counts are left out; `usageDetails` divides the tokens into parts of different prices.
 * Contradicting counts are made consistent: no part is larger than its whole, and tokens of the total beyond input and output
 * are output.
 *
 * @example
 * tokenFields({ input: 120, output: 30, cached: 100 });
 * // promptTokens 120, completionTokens 30, tokens 150,
 * // usageDetails { input_tokens: 20, output_tokens: 30, cached_tokens: 100 }
 */
export function tokenFields(raw: TokenCounts): TokenFields {
  const counts = reconciled(raw);
  const { input, output, total, cached, cacheCreation, audioOutput } = counts;
  const audioInput = minus(counts.audioInput, counts.cachedAudio);
  // The platform prices these names alone; images and video count as other input.
  const parts = {
    input_tokens: minus(input, cached, cacheCreation, audioInput),
    output_tokens: minus(output, audioOutput),
    cached_tokens: cached,
    cache_creation_tokens: cacheCreation,
    audio_input_tokens: audioInput,
    audio_output_tokens: audioOutput,
  };
  const usageDetails: Record<string, number> = {};
  for (const [name, count] of Object.entries(parts)) {
    if (count !== undefined && count > 0) usageDetails[name] = count;
  }
  return {
    promptTokens: input,
    completionTokens: output,
    tokens: total,
    usageDetails: Object.keys(usageDetails).length > 0 ? usageDetails : undefined,
    tokenCounts: Object.values(counts).some((each) => each !== undefined) ? counts : undefined,
  };
}

function minus(whole: number | undefined, ...parts: (number | undefined)[]): number | undefined {
  if (whole === undefined) return undefined;
  let rest = whole;
  for (const part of parts) rest -= part ?? 0;
  return Math.max(rest, 0);
}
