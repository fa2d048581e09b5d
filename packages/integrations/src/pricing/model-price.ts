/** What an app says that a model costs: the types, and their check. */

import { checkKeys, checkObject } from '../common/options.js';

/** The prices of one tier. US dollars for a million tokens, unless a field says otherwise. */
export interface TierPrice {
  /** Input that none of the prices below is for. */
  readonly input: number;
  /** Output that none of the prices below is for. Reasoning is included. @default 0, as for embeddings */
  readonly output?: number | undefined;
  /** Input that was read from a cache. @default what the same input costs otherwise */
  readonly cached?: number | undefined;
  /** Input that was written to a cache. @default input */
  readonly cacheCreation?: number | undefined;
  /** Input that was written to a cache for an hour or longer. Without it, such calls have no price. */
  readonly cacheCreationHour?: number | undefined;
  /** Audio in the input. Without it and `perSecond`, calls with audio have no price. */
  readonly audioInput?: number | undefined;
  /** Audio in the output. Without it and `perSecond`, calls that return audio have no price. */
  readonly audioOutput?: number | undefined;
  /** Images and video in the input. @default input */
  readonly imageInput?: number | undefined;
  /**
   * Images and video in the output, if they are counted in tokens. Without it, calls that return video have no price; calls that
   * return images have one by `perPicture`.
   */
  readonly imageOutput?: number | undefined;
  /** US dollars for each call, and for each answer of a batch. @default 0 */
  readonly perCall?: number | undefined;
  /** US dollars for each generated image, if its tokens are not counted or have no price. Without it, such calls have no price. */
  readonly perPicture?: number | undefined;
  /** US dollars for each second of audio or video. Without it, calls that are billed by the second have no price. */
  readonly perSecond?: number | undefined;
  /** US dollars for a million characters. Without it, calls that are billed by the character have no price. */
  readonly characters?: number | undefined;
  /**
   * US dollars for each use of a provider's tool, or for each billed unit: `{ web_search: 0.01, pages: 0.001 }`. A call with a tool
   * or a unit that is not in it has no price, unless the tool is free.
   * @default none
   */
  readonly uses?: Readonly<Record<string, number>> | undefined;
}

/** What calls of a model cost. US dollars for a million tokens, unless a field says otherwise. */
export interface ModelPrice extends TierPrice {
  /**
   * Prices that replace all of the above at a service tier, at a speed or in a batch, by the provider's name for it in lower case:
   * `{ priority: { input: 2.5, output: 20 }, batch: { input: 0.625, output: 5 } }`. A call at any other tier has no price.
   * @default none
   */
  readonly tiers?: Readonly<Record<string, TierPrice>> | undefined;
  /**
   * Prices that replace all of the above in a region, or for an inference profile: `{ 'eu-west-1': { ... } }`. A call in any other
   * region has the prices above.
   * @default none
   */
  readonly regions?: Readonly<Record<string, Omit<ModelPrice, 'regions'>>> | undefined;
}

/** The keys whose value is a number. The compiler checks that the lists are complete. */
type NumberKey = Exclude<keyof TierPrice, 'uses'>;
const NUMBERS: Readonly<Record<NumberKey, true>> = {
  input: true,
  output: true,
  cached: true,
  cacheCreation: true,
  cacheCreationHour: true,
  audioInput: true,
  audioOutput: true,
  imageInput: true,
  imageOutput: true,
  perCall: true,
  perPicture: true,
  perSecond: true,
  characters: true,
};
const NUMBER_KEYS = Object.keys(NUMBERS) as readonly NumberKey[];

type RegionPrice = Omit<ModelPrice, 'regions'>;
const OF_TIER: Readonly<Record<keyof TierPrice, true>> = { ...NUMBERS, uses: true };
const OF_REGION: Readonly<Record<keyof RegionPrice, true>> = { ...OF_TIER, tiers: true };
const OF_MODEL: Readonly<Record<keyof ModelPrice, true>> = { ...OF_REGION, regions: true };

export function checkModelPrice(name: string, price: ModelPrice): void {
  checkRegionPrice(name, price, OF_MODEL);
  checkEach(`${name}.regions`, price.regions, (region, own) =>
    checkRegionPrice(region, own, OF_REGION),
  );
}

function checkRegionPrice<Price extends RegionPrice>(
  name: string,
  price: Price,
  knownKeys: Readonly<Record<keyof NoInfer<Price>, true>>,
): void {
  checkTierPrice(name, price, knownKeys);
  checkEach(`${name}.tiers`, price.tiers, (tier, own) => checkTierPrice(tier, own, OF_TIER));
}

function checkTierPrice<Price extends TierPrice>(
  name: string,
  price: Price,
  knownKeys: Readonly<Record<keyof NoInfer<Price>, true>>,
): void {
  checkObject(name, price);
  checkKeys(name, price, knownKeys);
  if (price.input === undefined) throw new TypeError(`${name} needs the price of its input`);
  for (const key of NUMBER_KEYS) checkNumber(`${name}.${key}`, price[key]);
  checkEach(`${name}.uses`, price.uses, checkNumber);
}

function checkEach<Value>(
  name: string,
  values: Readonly<Record<string, Value>> | undefined,
  check: (name: string, value: Value) => void,
): void {
  if (values === undefined) return;
  checkObject(name, values);
  for (const [key, value] of Object.entries(values)) check(`${name}['${key}']`, value);
}

function checkNumber(name: string, price: unknown): void {
  if (price === undefined) return;
  if (typeof price !== 'number' || !(price >= 0 && price < Number.POSITIVE_INFINITY)) {
    throw new TypeError(`${name} must be a number of US dollars, 0 or more`);
  }
}
