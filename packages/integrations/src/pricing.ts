/** The entry point for the costs of model calls, by the price list of `@pydantic/genai-prices`, which is loaded at the first call. */

import type { PricedCall, Pricing } from '@openlayer-tracing/core/integration';
import { checkKeys, checkObject } from './common/options.js';
import type { ModelPrice } from './pricing/model-price.js';
import { OwnPrices } from './pricing/own-prices.js';
import { loadList, quoteOfList } from './pricing/price-list.js';
import type { Quote } from './pricing/quote.js';

export type { ModelPrice, TierPrice } from './pricing/model-price.js';

/** The options of `prices`. */
export interface PricesOptions {
  /**
   * Your own prices by model, `gpt-5`, or by provider and model, `azure/gpt-5`. They take precedence over the list. The key of a
   * fine-tuned model is `ft:` and its base, `ft:gpt-4o`; the key of a deployment is the name of the deployment.
   * @default none
   */
  readonly models?: Readonly<Record<string, ModelPrice>> | undefined;
}

/**
 * Prices for the option `pricing` of a tracer. No price is guessed: if the list and `models` have no price for the model, or for
 * anything else that the provider bills (a kind of tokens, a service tier, a region, a search, ...), the call is counted in
 * `usage.unpricedCalls`, and `usage.unpriced` has the reason.
 *
 * @throws TypeError if an option is wrong
 *
 * @example
 * configure({ pricing: prices(), budget: { usd: 0.5, onExceeded: 'abort' } });
 */
export function prices(options: PricesOptions = {}): Pricing {
  checkObject('prices', options);
  checkKeys('prices', options, { models: true });
  const own = new OwnPrices(options.models ?? {});
  // An app that calls `price` itself may leave out what is not billed.
  const quote = (priced: PricedCall): Quote => {
    const call = {
      ...priced,
      billing: priced.billing ?? {},
      usageDetails: priced.usageDetails ?? {},
    };
    return own.quote(call) ?? quoteOfList(call);
  };
  return {
    price(call) {
      const { usd, missing } = quote(call);
      return missing.length === 0 ? usd : undefined;
    },
    unpriced: (call) => [...new Set(quote(call).missing)],
    ready: () => loadList(),
  };
}
