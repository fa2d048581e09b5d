/** Discounts by the conditions of a call. */

import { wordSet } from '../common/words.js';
import type { Condition } from './conditions.js';
import type { ListedModel } from './listed-model.js';
import type { TokenParts } from './token-parts.js';

/** Whether the condition does not change the price of the model. */
export function isAtUsualPrice({ providerId }: ListedModel, condition: string): boolean {
  return providerId === 'groq' && condition === 'flex';
}

/** Providers that charge half for the tokens of a batch. */
const HALF_IN_BATCHES = wordSet('openai anthropic google mistral groq');

/** The fraction of the usual price that the tokens cost; undefined if it is unknown. */
export function discount(
  { providerId, id }: ListedModel,
  { counts }: TokenParts,
  conditions: readonly Condition[],
): number | undefined {
  const isBatch = conditions.length === 1 && conditions[0]?.name === 'batch';
  const isOwnModel = providerId !== 'google' || id.startsWith('gemini-');
  if (!isBatch || !isOwnModel || !HALF_IN_BATCHES.has(providerId)) return undefined;
  // Only Anthropic documents that a batch halves the price of its caches too.
  const usesCache = (counts.cached ?? 0) + (counts.cacheCreation ?? 0) > 0;
  return usesCache && providerId !== 'anthropic' ? undefined : 0.5;
}
