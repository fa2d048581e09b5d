/** Token counts and costs of a span. */

import { objectOrEmpty, type TokenCounts } from '@openlayer-tracing/core/integration';
import { readFact, readMember } from './facts.js';
import type { FoundFacts } from './found-facts.js';
import type { SpanData } from './span-data.js';

type Count = keyof TokenCounts;
type Counts = { readonly [name in Count]?: number };

/** Names of counts in an object of counts, in any convention. */
const COUNTS: ReadonlyMap<string, Count> = new Map(
  Object.entries({
    input: 'input prompt input_tokens prompt_tokens inputTokens promptTokens',
    output: 'output completion output_tokens completion_tokens outputTokens completionTokens',
    total: 'total total_tokens totalTokens',
    cached:
      'input_cached_tokens input_cache_read cache_read_input_tokens cached_tokens cachedInputTokens cachedPromptTokens cacheReadInputTokens',
    cacheCreation:
      'input_cache_creation cache_creation_input_tokens input_cache_creation_tokens cache_write_input_tokens cacheWriteInputTokens cacheCreationInputTokens',
    audioInput: 'input_audio_tokens input_audio',
    audioOutput: 'output_audio_tokens output_audio',
    reasoning: 'output_reasoning_tokens output_reasoning reasoning_tokens reasoningTokens',
  }).flatMap(([count, names]) => names.split(' ').map((name) => [name, count as Count] as const)),
);

const INPUT_PARTS: readonly Count[] = ['cached', 'cacheCreation', 'audioInput'];
const OUTPUT_PARTS: readonly Count[] = ['reasoning', 'audioOutput'];

/** The token counts that a span states; undefined if it states none. */
export function tokensOf(facts: FoundFacts, { scope }: SpanData): TokenCounts | undefined {
  const members = facts.members('tokens') as Counts | undefined;
  const stated = countsIn(facts.get('usage')) ?? members;
  const ofProvider = providerCounts(facts);
  if (stated === undefined) return ofProvider.counts;
  const counts: Counts = { ...ofProvider.counts, ...stated };
  const isBeside =
    BESIDE_INPUT.has(objectOrEmpty(scope).name) ||
    (ofProvider.uncached !== undefined && ofProvider.uncached === stated.input);
  return isBeside ? withCaches(counts) : withoutSum(counts);
}

/** Instrumentations whose counts of the input leave out what was read from and written to a cache. */
const BESIDE_INPUT: ReadonlySet<unknown> = new Set(['@traceloop/instrumentation-anthropic']);

/** The counts with the tokens of caches in the input. The total, which is the sum without them, is dropped. */
function withCaches({ input, total: _, ...others }: Counts): TokenCounts {
  const { cached = 0, cacheCreation = 0 } = others;
  return input === undefined ? others : { ...others, input: input + cached + cacheCreation };
}

/** A total that is only the sum does not show which counts contain which. */
function withoutSum({ total, ...others }: Counts): TokenCounts {
  return total === (others.input ?? 0) + (others.output ?? 0) ? others : { ...others, total };
}

/** Where the AI SDK passes on what a provider counts, in `ai.response.providerMetadata`. */
const PROVIDER_USAGE: readonly (readonly [provider: string, field: string])[] = [
  ['anthropic', 'usage'],
  ['bedrock', 'usage'],
];

interface ProviderCounts {
  readonly counts: Counts | undefined;
  /** Tokens of the input that are in no cache, if the provider counts those of caches beside them. */
  readonly uncached?: number | undefined;
}

function providerCounts(facts: FoundFacts): ProviderCounts {
  const about = objectOrEmpty(facts.members('metadata')?.providerMetadata);
  for (const [provider, field] of PROVIDER_USAGE) {
    const fields = objectOrEmpty(about[provider]);
    const found = countsIn({ ...fields, ...objectOrEmpty(fields[field]) });
    if (found === undefined) continue;
    const { input, output: _output, total: _total, ...parts } = found;
    return { counts: parts, uncached: input };
  }
  const { cachedPromptTokens, reasoningTokens } = objectOrEmpty(about.openai);
  return { counts: countsIn({ cachedPromptTokens, reasoningTokens }) };
}

/** The counts in an object of counts. */
function countsIn(usage: unknown): Counts | undefined {
  const counts: Partial<Record<Count, number>> = {};
  for (const [name, value] of Object.entries(objectOrEmpty(usage))) {
    const count = COUNTS.get(name);
    const read = readMember('tokens', value);
    if (count !== undefined && typeof read === 'number') counts[count] ??= read;
  }
  return Object.keys(counts).length > 0 ? withParts(counts) : undefined;
}

/** Langfuse counts parts beside `input` and `output`: then the total is the sum of all, and the parts are added. */
function withParts(counts: Counts): Counts {
  const { input = 0, output = 0, total } = counts;
  const sum = (parts: readonly Count[]) =>
    parts.reduce((all, part) => all + (counts[part] ?? 0), 0);
  const ofInput = sum(INPUT_PARTS);
  const ofOutput = sum(OUTPUT_PARTS);
  const areBeside = ofInput + ofOutput > 0 && total === input + output + ofInput + ofOutput;
  return areBeside ? { ...counts, input: input + ofInput, output: output + ofOutput } : counts;
}

/** The cost in US dollars that a span states. */
export function costOf(facts: FoundFacts): number | undefined {
  const details = objectOrEmpty(facts.get('costDetails'));
  const total = readFact('cost', details.total);
  if (typeof total === 'number') return total;
  const parts = Object.values(details).map((each) => readFact('cost', each));
  const known = parts.filter((each) => typeof each === 'number');
  return known.length > 0 ? known.reduce((all, each) => all + each, 0) : facts.number('cost');
}
