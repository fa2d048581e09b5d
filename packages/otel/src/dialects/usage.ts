/** Token counts and costs of a span. */

import { objectOrEmpty, type TokenCounts } from '@openlayer-tracing/core/integration';
import { readFact } from './facts.js';
import type { FoundFacts } from './found-facts.js';

type Count = keyof TokenCounts;

/** Names of counts in an object of counts, in any convention. */
const COUNTS: ReadonlyMap<string, Count> = new Map(
  Object.entries({
    input: 'input prompt input_tokens prompt_tokens inputTokens promptTokens',
    output: 'output completion output_tokens completion_tokens outputTokens completionTokens',
    total: 'total total_tokens totalTokens',
    cached:
      'input_cached_tokens input_cache_read cache_read_input_tokens cached_tokens cachedInputTokens',
    cacheCreation:
      'input_cache_creation cache_creation_input_tokens input_cache_creation_tokens cache_write_input_tokens',
    audioInput: 'input_audio_tokens input_audio',
    audioOutput: 'output_audio_tokens output_audio',
    reasoning: 'output_reasoning_tokens output_reasoning reasoning_tokens reasoningTokens',
  }).flatMap(([count, names]) => names.split(' ').map((name) => [name, count as Count] as const)),
);

const INPUT_PARTS: readonly Count[] = ['cached', 'cacheCreation', 'audioInput'];
const OUTPUT_PARTS: readonly Count[] = ['reasoning', 'audioOutput'];

/** The token counts that a span states; undefined if it states none. */
export function tokensOf(facts: FoundFacts): TokenCounts | undefined {
  const members = facts.members('tokens') as TokenCounts | undefined;
  return countsIn(facts.get('usage')) ?? members;
}

/** The counts in an object of counts. */
function countsIn(usage: unknown): TokenCounts | undefined {
  const counts: Partial<Record<Count, number>> = {};
  for (const [name, value] of Object.entries(objectOrEmpty(usage))) {
    const count = COUNTS.get(name);
    const read = readFact('tokens.', value);
    if (count !== undefined && typeof read === 'number') counts[count] ??= read;
  }
  return Object.keys(counts).length > 0 ? withParts(counts) : undefined;
}

/** Langfuse counts parts beside `input` and `output`: then the total is the sum of all, and the parts are added. */
function withParts(counts: Partial<Record<Count, number>>): TokenCounts {
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
