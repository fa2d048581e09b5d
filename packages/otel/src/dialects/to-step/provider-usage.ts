/** Token counts as the provider of the model stated them, which the AI SDK passes on in `ai.response.providerMetadata`. */

import { objectOrEmpty } from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import type { Counts } from '../facts/facts.js';
import { countsIn } from './usage-counts.js';

/** The field that holds the counts, by the provider. */
const PROVIDER_USAGE: readonly (readonly [provider: string, field: string])[] = [
  ['anthropic', 'usage'],
  ['bedrock', 'usage'],
];

interface ProviderCounts {
  readonly counts: Counts | undefined;
  /** Tokens of the input that are in no cache, if the provider counts those of caches beside them. */
  readonly uncached?: number | undefined;
}

export function providerCounts(facts: FoundFacts): ProviderCounts {
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
