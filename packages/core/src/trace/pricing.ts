/** What calls of models cost, by whoever knows prices. */

/** A call whose tokens are known. */
export interface PricedCall {
  /** Slug of the provider, such as `openai`. */
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  /** The tokens shared out to parts of different price: `input_tokens`, `cached_tokens`, ... */
  readonly usageDetails: Readonly<Record<string, number>> | undefined;
  /** Epoch milliseconds. */
  readonly startTime: number;
}

/** Knows prices. `prices()` of `@openlayer-tracing/integrations/pricing` is one. */
export interface Pricing {
  /** US dollars; undefined where the price is not known, or not known yet. A promise counts as none: load prices in `ready`. */
  price(call: PricedCall): number | undefined;
  /** Resolves when all prices that there are can be asked for; undefined where that is so already. */
  ready?(): Promise<void> | undefined;
}
