/** Token counts of model clients, and the arithmetic that makes them consistent. */

/** Token counts of one call. `input` and `output` are complete: the other counts are parts of them. Absent means unknown. */
export interface TokenCounts {
  /** All tokens of the input. */
  readonly input?: number | undefined;
  /** All tokens of the output. */
  readonly output?: number | undefined;
  /** @default the sum of input and output, if both are known */
  readonly total?: number | undefined;
  /** Input tokens read from a cache. */
  readonly cached?: number | undefined;
  /** Input tokens written to a cache. */
  readonly cacheCreation?: number | undefined;
  /** The part of `cacheCreation` that is cached for an hour, at a higher price. */
  readonly cacheCreationHour?: number | undefined;
  /** Input tokens of audio, cached ones included. */
  readonly audioInput?: number | undefined;
  /** Input tokens of images, cached ones included. */
  readonly imageInput?: number | undefined;
  /** Input tokens of video. */
  readonly videoInput?: number | undefined;
  /** The part of `cached` that is audio. */
  readonly cachedAudio?: number | undefined;
  /** The part of `cached` that is images. */
  readonly cachedImage?: number | undefined;
  /** Output tokens of audio. */
  readonly audioOutput?: number | undefined;
  /** Output tokens of images. */
  readonly imageOutput?: number | undefined;
  /** Output tokens of video. */
  readonly videoOutput?: number | undefined;
  /** Output tokens of the model's reasoning. */
  readonly reasoning?: number | undefined;
  /** Tokens of cited pages, if a provider bills them as output. */
  readonly citation?: number | undefined;
}

type Count = number | undefined;
type Mutable = { -readonly [Key in keyof TokenCounts]: TokenCounts[Key] };

/**
 * The counts without contradictions: no part is larger than its whole, and none is negative or not a number.
 *
 * - A part that is larger than its whole was not included in it, so it is added, unless the total contradicts that.
 * - Tokens of the total beyond input and output are output: some providers count reasoning in the total alone.
 * - If the parts of a whole add up to more than it, the later ones are cut.
 */
export function reconciled(raw: TokenCounts): TokenCounts {
  const counts: Mutable = {};
  for (const key of Object.keys(raw) as (keyof TokenCounts)[]) {
    const count = raw[key];
    if (typeof count === 'number' && Number.isFinite(count) && count >= 0) counts[key] = count;
  }
  counts.cacheCreation ??= counts.cacheCreationHour;
  const { input, output, total = 0 } = counts;
  // A total below the sum of its parts is wrong.
  if (input !== undefined && output !== undefined && total < input + output) {
    counts.total = undefined;
  }
  addExcludedParts(counts);
  spreadTotal(counts);
  cutInput(counts);
  cutOutput(counts);
  return counts;
}

function addExcludedParts(counts: Mutable): void {
  const { input, output, total, cached = 0, cacheCreation = 0 } = counts;
  const fromCaches = cached + cacheCreation;
  if (input !== undefined && fromCaches > input) {
    const all = input + fromCaches;
    if (total === undefined || total >= all + (output ?? 0)) counts.input = all;
  }
  const thought = (counts.reasoning ?? 0) + (counts.citation ?? 0);
  if (output !== undefined && thought > output) {
    const all = output + thought;
    if (total === undefined || total >= (counts.input ?? 0) + all) counts.output = all;
  }
}

function spreadTotal(counts: Mutable): void {
  const { input, output, total } = counts;
  if (input !== undefined && output !== undefined) {
    if (total !== undefined && total > input + output) counts.output = total - input;
    counts.total = Math.max(total ?? 0, input + output);
  } else if (total !== undefined) {
    const rest = total - (input ?? output ?? total);
    if (rest > 0 && input !== undefined) counts.output = rest;
    else if (rest > 0) counts.input = rest;
    counts.total = Math.max(total, input ?? 0, output ?? 0);
  }
}

function cutInput(counts: Mutable): void {
  const { input } = counts;
  const whole = share(input);
  counts.cached = whole(counts.cached);
  counts.cacheCreation = whole(counts.cacheCreation);
  counts.cacheCreationHour = share(counts.cacheCreation ?? 0)(counts.cacheCreationHour);
  const fromCache = share(counts.cached ?? 0);
  counts.cachedAudio = fromCache(counts.cachedAudio);
  counts.cachedImage = fromCache(counts.cachedImage);
  counts.audioInput = withCached(whole, counts.audioInput, counts.cachedAudio);
  counts.imageInput = withCached(whole, counts.imageInput, counts.cachedImage);
  counts.videoInput = whole(counts.videoInput);
}

/** The part with its cached tokens, which are already counted in the share of the cache. */
function withCached(whole: (part: Count) => Count, part: Count, cached: Count): Count {
  if (part === undefined) return cached;
  const fresh = whole(Math.max(part - (cached ?? 0), 0));
  return fresh === undefined ? undefined : fresh + (cached ?? 0);
}

function cutOutput(counts: Mutable): void {
  const whole = share(counts.output);
  counts.audioOutput = whole(counts.audioOutput);
  counts.imageOutput = whole(counts.imageOutput);
  counts.videoOutput = whole(counts.videoOutput);
  counts.reasoning = whole(counts.reasoning);
  counts.citation = whole(counts.citation);
}

/** A function that cuts each part to what the parts before it left of the whole. */
function share(whole: Count): (part: Count) => Count {
  let rest = whole ?? Number.POSITIVE_INFINITY;
  return (part) => {
    if (part === undefined) return undefined;
    const kept = Math.min(part, rest);
    rest -= kept;
    return kept;
  };
}

/**
 * The counts after a later message of the same call. A count that the message lacks, or that is 0 in it, keeps its earlier value.
 */
export function laterCounts(
  known: TokenCounts | undefined,
  later: TokenCounts | undefined,
): TokenCounts | undefined {
  if (known === undefined || later === undefined) return later ?? known;
  const counts: Mutable = { ...known };
  // The earlier total is the sum of earlier counts.
  if ((later.input ?? 0) + (later.output ?? 0) > 0) counts.total = undefined;
  for (const key of Object.keys(later) as (keyof TokenCounts)[]) {
    const count = later[key];
    if (count !== undefined && (count > 0 || counts[key] === undefined)) counts[key] = count;
  }
  return counts;
}
