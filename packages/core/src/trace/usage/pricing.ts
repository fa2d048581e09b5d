/** The interface for prices of model calls. */

import type { TokenCounts } from './token-counts.js';

/** What the price of a call depends on besides its tokens. Absent means unknown, or none. */
export interface Billing {
  /** In the provider's words: `priority`, `flex`, `standard_only`. */
  readonly serviceTier?: string | undefined;
  /** In the provider's words: `fast`. */
  readonly speed?: string | undefined;
  /** Where the model ran, or the inference profile that chose it: `eu-west-1`, `us`, `global`. */
  readonly region?: string | undefined;
  /** Whether the call was part of a batch job. */
  readonly isBatch?: boolean | undefined;
  /** How often each tool that the provider runs was used: `{ web_search: 2 }`. */
  readonly toolUses?: Readonly<Record<string, number>> | undefined;
  /** Tools that the provider may have run, it is unknown how often: `['code_interpreter']`. */
  readonly uncountedTools?: readonly string[] | undefined;
  /** Seconds of audio or video, of input or output. */
  readonly seconds?: number | undefined;
  /** Number of images that were generated. */
  readonly pictures?: number | undefined;
  /** Characters of text that was spoken or translated. */
  readonly characters?: number | undefined;
  /** Other units, in the provider's words: `{ search_units: 1, pages: 3 }`. */
  readonly units?: Readonly<Record<string, number>> | undefined;
  /** The provider's own price of the call, in US dollars. It becomes the `cost` of the step. */
  readonly statedCost?: number | undefined;
  /** The client library's estimate of the call's cost, in US dollars. It wins over the option `pricing`. */
  readonly estimatedCost?: number | undefined;
  /** Whether `model` is the name of a deployment, which does not identify the model. */
  readonly isDeployment?: boolean | undefined;
}

/** Some of the calls that one step stands for, such as the lines of a batch. They are billed alike. */
export interface BilledPart {
  /** Undefined if it is the model of the step. */
  readonly model?: string | undefined;
  /** The sums over its calls. */
  readonly tokens: TokenCounts | undefined;
  readonly billing: Billing;
  readonly calls: number | 'unknown';
}

/** What an integration has recorded of a step's usage, for its price. */
export interface RecordedUsage {
  readonly tokens: TokenCounts | undefined;
  /** What the price depends on besides tokens. */
  readonly factors: Billing;
  /** If the step stands for several calls: all of them. Each call is in one part, and each part is priced by itself. */
  readonly parts?: readonly BilledPart[] | undefined;
  /**
   * For a response that only accepted work, whose result is another call: returns whether that call has been recorded. If so, that
   * call is billed, and this one is not.
   */
  readonly isBilledWithResult?: (() => boolean) | undefined;
}

/** A call to be priced. */
export interface PricedCall {
  /** Lower-case slug of the provider, such as `openai`. */
  readonly provider: string | undefined;
  /** The model's name without a vendor path. */
  readonly model: string | undefined;
  /** Input tokens, cached ones included. */
  readonly promptTokens: number | undefined;
  /** Output tokens, reasoning included. */
  readonly completionTokens: number | undefined;
  /** The tokens divided into parts of different prices: `input_tokens`, `cached_tokens`, ... */
  readonly usageDetails: Readonly<Record<string, number>> | undefined;
  /** All counts of the client; undefined if the app itself recorded the step. */
  readonly tokens?: TokenCounts | undefined;
  /** What the price depends on besides tokens. */
  readonly billing: Billing;
  /**
   * Number of calls whose counts are summed. Their inputs are taken to be equally long, for a price that rises with the length of an
   * input. If the number is unknown, there is no such price.
   * @default 1
   */
  readonly calls?: number | 'unknown' | undefined;
  /** Start of the call in epoch milliseconds. */
  readonly startTime: number;
}

/** Returns prices of calls. `prices()` of `@openlayer-tracing/integrations/pricing` implements it. */
export interface Pricing {
  /**
   * The price of the call in US dollars, a finite number from 0; undefined if it is unknown, or not loaded yet. Anything else counts
   * as undefined, as does a promise: load prices in `ready`.
   */
  price(call: PricedCall): number | undefined;
  /**
   * Which parts of a call have no price, so that `price` returned undefined: `['tool:web_search']`. They are the keys of
   * `usage.unpriced`.
   * @default `['price']`
   */
  unpriced?(call: PricedCall): readonly string[];
  /** Starts to load prices. @returns a promise of the end of that; undefined if all prices are loaded */
  ready?(): Promise<void> | undefined;
}

/** Whether the value can be a price in US dollars. */
export function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
