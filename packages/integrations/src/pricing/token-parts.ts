/** Divides the tokens of a call into parts that have different prices. */

import type { PricedCall, TokenCounts } from '@openlayer-tracing/core/integration';

/** The parts, named as in `usage.unpriced`. */
export type TokenPart =
  | 'input'
  | 'cached'
  | 'cache_creation'
  | 'cache_creation_hour'
  | 'audio_input'
  | 'image_input'
  | 'video_input'
  | 'cached_audio'
  | 'cached_image'
  | 'output'
  | 'audio_output'
  | 'image_output'
  | 'video_output'
  | 'reasoning'
  | 'citation';

/** The tokens of a call, divided into parts. */
export interface TokenParts {
  /** The whole counts that the parts add up to. */
  readonly counts: TokenCounts;
  /** No token is in two parts. Parts without tokens are left out. */
  readonly parts: ReadonlyMap<TokenPart, number>;
  /** Keys of `usageDetails` that are none of these parts. */
  readonly unknown: readonly string[];
}

/** The parts of a call's tokens; undefined if the counts contradict each other. */
export function tokenParts(call: PricedCall): TokenParts | undefined {
  const { counts, unknown } = call.tokens ? { counts: call.tokens, unknown: [] } : countsOf(call);
  const parts = new Map<TokenPart, number>();
  let isConsistent = true;
  const share = (whole: number, part: TokenPart, ...others: (number | undefined)[]) => {
    const rest = others.reduce<number>((left, other) => left - (other ?? 0), whole);
    // Fractions of tokens leave a rounding error.
    if (rest < -1e-6) isConsistent = false;
    if (rest > 1e-6) parts.set(part, rest);
  };
  const { input = 0, output = 0, cached = 0, cacheCreation = 0 } = counts;
  const { cachedAudio = 0, cachedImage = 0, cacheCreationHour = 0, videoInput = 0 } = counts;
  const audio = (counts.audioInput ?? cachedAudio) - cachedAudio;
  const image = (counts.imageInput ?? cachedImage) - cachedImage;
  share(input, 'input', cached, cacheCreation, audio, image, videoInput);
  share(cached, 'cached', cachedAudio, cachedImage);
  share(cachedAudio, 'cached_audio');
  share(cachedImage, 'cached_image');
  share(cacheCreation, 'cache_creation', cacheCreationHour);
  share(cacheCreationHour, 'cache_creation_hour');
  share(audio, 'audio_input');
  share(image, 'image_input');
  share(videoInput, 'video_input');
  const { audioOutput, imageOutput, videoOutput, reasoning, citation } = counts;
  share(output, 'output', audioOutput, imageOutput, videoOutput, reasoning, citation);
  share(audioOutput ?? 0, 'audio_output');
  share(imageOutput ?? 0, 'image_output');
  share(videoOutput ?? 0, 'video_output');
  share(reasoning ?? 0, 'reasoning');
  share(citation ?? 0, 'citation');
  return isConsistent ? { counts, parts, unknown } : undefined;
}

/** Whether it is unknown how many of the audio or image tokens were read from a cache. */
export function isOverlapUnknown({ counts }: TokenParts, part: 'audio' | 'image'): boolean {
  const { cached = 0, audioInput = 0, imageInput = 0, cachedAudio, cachedImage } = counts;
  const [kind, cachedKind] =
    part === 'audio' ? [audioInput, cachedAudio] : [imageInput, cachedImage];
  return cached > 0 && kind > 0 && cachedKind === undefined;
}

const KNOWN = {
  input_tokens: true,
  output_tokens: true,
  cached_tokens: true,
  cache_creation_tokens: true,
  audio_input_tokens: true,
  audio_output_tokens: true,
} as const;

/** The counts of a step that the app recorded itself, in whose `usageDetails` no token is counted twice. */
function countsOf(call: PricedCall): { counts: TokenCounts; unknown: readonly string[] } {
  const details: Readonly<Record<string, number>> = call.usageDetails ?? {};
  const cached = details.cached_tokens;
  return {
    counts: {
      input: call.promptTokens,
      output: call.completionTokens,
      cached,
      cacheCreation: details.cache_creation_tokens,
      audioInput: details.audio_input_tokens,
      cachedAudio: cached === undefined ? undefined : 0,
      audioOutput: details.audio_output_tokens,
    },
    unknown: Object.keys(details)
      .filter((name) => !Object.hasOwn(KNOWN, name))
      .map((name) => name.replace(/_tokens$/, '')),
  };
}
