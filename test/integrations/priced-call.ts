/** Calls of models as pricing gets them. */

import type { Billing, PricedCall, TokenCounts } from '@openlayer-tracing/core/integration';

/** A Wednesday, at an hour that is off-peak everywhere. */
export const NOVEMBER = Date.UTC(2026, 10, 18, 12);

export interface Asked {
  readonly tokens?: TokenCounts;
  readonly billing?: Billing;
  /** @default NOVEMBER */
  readonly at?: number;
}

export function pricedCall(
  provider: string | undefined,
  model: string,
  { tokens, billing = {}, at = NOVEMBER }: Asked,
): PricedCall {
  return {
    provider,
    model,
    promptTokens: tokens?.input,
    completionTokens: tokens?.output,
    usageDetails: undefined,
    tokens,
    billing,
    startTime: at,
  };
}
