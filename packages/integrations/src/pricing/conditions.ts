/** Conditions that change all prices of a call: service tiers, speeds and batches. */

import type { Billing } from '@openlayer-tracing/core/integration';
import { pricedTier } from '../common/service-tier.js';

export interface Condition {
  /** Its key in the app's own prices: `priority`. */
  readonly name: string;
  /** Its key in `usage.unpriced`: `service_tier:priority`. */
  readonly reason: string;
}

/** The conditions of a call that change its prices. For regions see `regions.ts`. */
export function conditionsOf({ serviceTier, speed, isBatch }: Billing): readonly Condition[] {
  const conditions: Condition[] = [];
  // Vertex AI names its pay-as-you-go tiers `ON_DEMAND_PRIORITY`.
  const tier = pricedTier(serviceTier)
    ?.toLowerCase()
    .replace(/^on_demand_/, '');
  const isOfBatch = isBatch === true || tier === 'batch';
  if (isOfBatch) conditions.push({ name: 'batch', reason: 'batch' });
  if (tier !== undefined && tier !== 'batch')
    conditions.push({ name: tier, reason: `service_tier:${tier}` });
  const pace = speed?.toLowerCase() ?? 'standard';
  if (pace !== 'standard') conditions.push({ name: pace, reason: `speed:${pace}` });
  return conditions;
}
