/** Tokens as clients count them, in the fields that the platform prices. */

/** What a client told. `input` and `output` are complete: the other counts are parts of them. */
export interface TokenCounts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** @default the sum of input and output, where both are known */
  readonly total?: number | undefined;
  /** Of the input: read from a cache. */
  readonly cached?: number | undefined;
  /** Of the input: written to a cache. */
  readonly cacheCreation?: number | undefined;
  readonly audioInput?: number | undefined;
  readonly audioOutput?: number | undefined;
}

interface TokenFields {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly tokens: number | undefined;
  readonly usageDetails: Readonly<Record<string, number>> | undefined;
}

/**
 * The fields of a step. What is not known is left out; `usageDetails` shares the tokens out to parts of different price.
 *
 * @example
 * tokenFields({ input: 120, output: 30, cached: 100 });
 * // promptTokens 120, completionTokens 30, tokens 150,
 * // usageDetails { input_tokens: 20, output_tokens: 30, cached_tokens: 100 }
 */
export function tokenFields(counts: TokenCounts): TokenFields {
  const { input, output, cached, cacheCreation, audioInput, audioOutput } = counts;
  const total =
    counts.total ?? (input === undefined || output === undefined ? undefined : input + output);
  const parts = {
    input_tokens: less(input, cached, cacheCreation, audioInput),
    output_tokens: less(output, audioOutput),
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
  };
}

function less(whole: number | undefined, ...parts: (number | undefined)[]): number | undefined {
  if (whole === undefined) return undefined;
  let rest = whole;
  for (const part of parts) rest -= part ?? 0;
  return Math.max(rest, 0);
}
