import type { Billing } from '@openlayer-tracing/core/integration';
import { definedFields, type JsonObject, stringOrUndefined } from './json.js';

/** Tiers at the usual price, as providers name them in requests and responses. */
const USUAL_TIERS: ReadonlySet<string> = new Set([
  '',
  'auto',
  'default',
  'on_demand',
  'service_tier_unspecified',
  'standard',
  'standard_only',
  'traffic_type_unspecified',
  'unspecified',
]);

/** The tier of a call if it changes the price, else undefined. */
export function pricedTier(tier: unknown): string | undefined {
  const named = stringOrUndefined(tier);
  return named === undefined || USUAL_TIERS.has(named.toLowerCase()) ? undefined : named;
}

/** A copy without a tier at the usual price. */
export function withPricedTier(billing: Billing): Billing {
  return definedFields({ ...billing, serviceTier: pricedTier(billing.serviceTier) } as JsonObject);
}
