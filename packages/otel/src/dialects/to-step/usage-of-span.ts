/** Token counts and costs of a span. */

import {
  definedFields,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  type StepType,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import type { MeasuredSpan } from '../data/span-data.js';
import { type Counts, readFact } from '../facts/facts.js';
import { providerCounts } from './provider-usage.js';
import { countsIn, unknownCountsIn } from './usage-counts.js';

interface Usage {
  /** The counts and the cost for which a step of the type has fields. */
  readonly fields: JsonObject;
  /** The others. A step that is no model call has all of them here, so that nothing is counted twice. */
  readonly metadata: JsonObject;
}

/** What a span states about tokens and costs, as a step of this type holds it. */
export function statedUsage(facts: FoundFacts, span: MeasuredSpan, type: StepType): Usage {
  const counts = tokensOf(facts, span);
  return {
    fields: usageFields(facts, type, counts),
    metadata: usageMetadata(facts, type, counts),
  };
}

/** The counts that fields of a step have. */
const EMBEDDING_COUNTS: ReadonlySet<string> = new Set<keyof Counts>(['input', 'total']);
const CHAT_COUNTS: ReadonlySet<string> = new Set<keyof Counts>([
  ...(['input', 'output', 'total', 'cached', 'cacheCreation'] as const),
  ...(['audioInput', 'audioOutput'] as const),
]);

function usageFields(
  facts: FoundFacts,
  type: StepType,
  counts: TokenCounts | undefined,
): JsonObject {
  if (!isModelCall(type)) return {};
  const { tokenCounts: _, ...fields } = tokenFields(counts ?? {});
  const { promptTokens, tokens = promptTokens } = fields;
  const cost = costOf(facts);
  return definedFields(type === 'embedding' ? { promptTokens, tokens, cost } : { ...fields, cost });
}

/** Counts without a field of the step: all of a step that groups model calls, else those of its kinds of tokens. */
function usageMetadata(
  facts: FoundFacts,
  type: StepType,
  counts: TokenCounts | undefined,
): JsonObject {
  const otherUsage = unknownCountsIn(facts.get('usage'));
  if (!isModelCall(type)) {
    const usage = definedFields({ ...counts, ...otherUsage, cost: costOf(facts) });
    return Object.keys(usage).length > 0 ? { usage } : {};
  }
  const withField = type === 'embedding' ? EMBEDDING_COUNTS : CHAT_COUNTS;
  const others = Object.entries(counts ?? {})
    .filter(([name, count]) => count && !withField.has(name))
    .map(([name, count]) => [`${name}Tokens`, count]);
  return { ...Object.fromEntries(others), otherUsage };
}

/** The token counts that a span states; undefined if it states none. */
function tokensOf(facts: FoundFacts, { scope }: MeasuredSpan): TokenCounts | undefined {
  const stated = countsIn(facts.get('usage')) ?? facts.members('tokens');
  const ofProvider = providerCounts(facts);
  if (stated === undefined) return ofProvider.counts;
  const counts: Counts = { ...ofProvider.counts, ...stated };
  const areCachesBeside =
    COUNTS_CACHES_BESIDE_INPUT.has(objectOrEmpty(scope).name) ||
    (ofProvider.uncached !== undefined && ofProvider.uncached === stated.input);
  return areCachesBeside ? withCaches(counts) : withoutSum(counts);
}

/** Instrumentations whose counts of the input leave out what was read from and written to a cache. */
const COUNTS_CACHES_BESIDE_INPUT: ReadonlySet<unknown> = new Set([
  '@traceloop/instrumentation-anthropic',
]);

/** The counts with the tokens of caches in the input. The total, which is the sum without them, is dropped. */
function withCaches({ input, total: _, ...others }: Counts): TokenCounts {
  const { cached = 0, cacheCreation = 0 } = others;
  return input === undefined ? others : { ...others, input: input + cached + cacheCreation };
}

/** A total that is only the sum does not show which counts contain which. */
function withoutSum({ total, ...others }: Counts): TokenCounts {
  return total === (others.input ?? 0) + (others.output ?? 0) ? others : { ...others, total };
}

/** The cost in US dollars that a span states. */
function costOf(facts: FoundFacts): number | undefined {
  const details = objectOrEmpty(facts.get('costDetails'));
  const total = readFact('cost', details.total);
  if (total !== undefined) return total;
  const parts = Object.values(details).map((each) => readFact('cost', each));
  const known = parts.filter((each) => each !== undefined);
  return known.length > 0 ? known.reduce((all, each) => all + each, 0) : facts.get('cost');
}
