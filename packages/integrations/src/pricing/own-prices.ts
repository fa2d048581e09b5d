/** The app's own prices: their types, their check, and the cost of a call by them. */

import { type PricedCall, unknownKey } from '@openlayer-tracing/core/integration';
import { conditionsOf } from './conditions.js';
import { isAudioBilledSeparately, isFreeTool } from './extra-charges.js';
import { modelNames } from './model-names.js';
import type { Quote } from './quote.js';
import { regionOfCall } from './regions.js';
import { isOverlapUnknown, type TokenPart, tokenParts } from './token-parts.js';

/** The prices of one tier. US dollars for a million tokens, unless a field says otherwise. */
export interface TierPrice {
  readonly input: number;
  /** Reasoning included. @default 0, for embeddings */
  readonly output?: number | undefined;
  /** Input that was read from a cache. @default input */
  readonly cached?: number | undefined;
  /** Input that was written to a cache. @default input */
  readonly cacheCreation?: number | undefined;
  /** Input that was written to a cache for an hour or longer. Without it, such calls have no price. */
  readonly cacheCreationHour?: number | undefined;
  /** Audio in the input. Without it, calls with audio have no price. */
  readonly audioInput?: number | undefined;
  /** Audio in the output. Without it, calls that return audio have no price. */
  readonly audioOutput?: number | undefined;
  /** Images and video in the input. @default input */
  readonly imageInput?: number | undefined;
  /** Images in the output, if they are counted in tokens. Without it, calls that generate images have no price. */
  readonly imageOutput?: number | undefined;
  /** US dollars for each call. @default 0 */
  readonly perCall?: number | undefined;
  /** US dollars for each generated image, if its tokens have no price. */
  readonly perPicture?: number | undefined;
  /** US dollars for each second of audio or video. */
  readonly perSecond?: number | undefined;
  /** US dollars for a million characters. */
  readonly characters?: number | undefined;
  /** US dollars for each use of a provider's tool, or for each billed unit: `{ web_search: 0.01, pages: 0.001 }`. */
  readonly uses?: Readonly<Record<string, number>> | undefined;
}

/** What calls of a model cost. US dollars for a million tokens, unless a field says otherwise. */
export interface ModelPrice extends TierPrice {
  /**
   * Prices that replace all of the above at a service tier, at a speed or in a batch, by the provider's name for it in lower case:
   * `{ priority: { input: 2.5, output: 20 }, batch: { input: 0.625, output: 5 } }`. A call at any other tier has no price.
   */
  readonly tiers?: Readonly<Record<string, TierPrice>> | undefined;
  /** Prices that replace all of the above in a region, or for an inference profile: `{ 'eu-west-1': { ... } }`. */
  readonly regions?: Readonly<Record<string, Omit<ModelPrice, 'regions'>>> | undefined;
}

/** The prices of the option `models`. */
export class OwnPrices {
  readonly #models: ReadonlyMap<string, ModelPrice>;

  /** @throws TypeError where a price is wrong */
  constructor(models: Readonly<Record<string, ModelPrice>>) {
    for (const [name, price] of Object.entries(models)) checkModelPrice(`models['${name}']`, price);
    this.#models = new Map(Object.entries(models));
  }

  /** The cost of a call; undefined if the app has no price for the model. */
  quote(call: PricedCall): Quote | undefined {
    const price = this.#priceOf(call);
    return price && quoteByPrice(call, price);
  }

  #priceOf({ provider, model }: PricedCall): ModelPrice | undefined {
    if (model === undefined) return undefined;
    for (const name of modelNames(provider, model)) {
      const price = this.#models.get(`${provider}/${name}`) ?? this.#models.get(name);
      if (price !== undefined) return price;
    }
    return undefined;
  }
}

function quoteByPrice(call: PricedCall, model: ModelPrice): Quote {
  const region = regionOfCall(call);
  const here = (region !== undefined && model.regions?.[region]) || model;
  const conditions = conditionsOf(call.billing);
  const [only, ...others] = conditions;
  const price = only === undefined ? here : here.tiers?.[only.name];
  if (price === undefined || others.length > 0) {
    return { missing: conditions.map(({ reason }) => reason) };
  }
  const tokens = tokenParts(call);
  if (tokens === undefined) return { missing: ['counts'] };
  const bill = new Bill();
  for (const [part, count] of tokens.parts) bill.addTokens(part, count, PRICE_OF[part](price));
  for (const name of tokens.unknown) bill.missing.push(`tokens:${name}`);
  if (price.audioInput !== undefined && isOverlapUnknown(tokens, 'audio')) {
    bill.missing.push('tokens:cached_audio');
  }
  billOthers(bill, call, price);
  return bill;
}

/** Adds the cost of what is counted in units other than tokens. */
function billOthers(bill: Bill, call: PricedCall, price: TierPrice): void {
  const { provider, billing, promptTokens, completionTokens, tokens } = call;
  const { seconds = 0, pictures = 0, characters = 0, toolUses = {}, units = {} } = billing;
  const isCounted = (promptTokens ?? completionTokens) !== undefined;
  bill.addCalls(call.calls ?? 1, price.perCall ?? 0);
  // A call with token counts is billed only by them, unless a price says otherwise.
  if (price.perSecond !== undefined || !isCounted || isAudioBilledSeparately(provider)) {
    bill.addUses('seconds', seconds, price.perSecond);
  }
  const isByToken = price.imageOutput !== undefined && (tokens?.imageOutput ?? 0) > 0;
  if (!isByToken) bill.addUses('pictures', pictures, price.perPicture);
  if (price.characters !== undefined || !isCounted) {
    bill.addUses('characters', characters / 1e6, price.characters);
  }
  for (const [name, uses] of Object.entries(toolUses)) {
    if (isFreeTool(provider, name) && price.uses?.[name] === undefined) continue;
    bill.addUses(`tool:${name}`, uses, price.uses?.[name]);
  }
  for (const name of billing.uncountedTools ?? []) {
    if (!isFreeTool(provider, name) || price.uses?.[name] !== undefined) {
      bill.missing.push(`tool:${name}`);
    }
  }
  for (const [name, count] of Object.entries(units)) {
    bill.addUses(`unit:${name}`, count, price.uses?.[name]);
  }
}

class Bill implements Quote {
  usd = 0;
  readonly missing: string[] = [];

  addCalls(calls: number | 'unknown', price: number): void {
    if (calls !== 'unknown') this.usd += calls * price;
    else if (price > 0) this.missing.push('request');
  }

  addTokens(part: TokenPart, count: number, price: number | undefined): void {
    this.addUses(`tokens:${part}`, count / 1e6, price);
  }

  addUses(reason: string, count: number, price: number | undefined): void {
    if (!(count > 0)) return;
    if (price === undefined) this.missing.push(reason);
    else this.usd += count * price;
  }
}

const PRICE_OF: Readonly<Record<TokenPart, (price: TierPrice) => number | undefined>> = {
  input: ({ input }) => input,
  cached: ({ cached, input }) => cached ?? input,
  cache_creation: ({ cacheCreation, input }) => cacheCreation ?? input,
  cache_creation_hour: ({ cacheCreationHour }) => cacheCreationHour,
  // Audio and images that are billed by the second or piece are not billed by their tokens too.
  audio_input: ({ audioInput, perSecond }) => audioInput ?? freeIfPriced(perSecond),
  image_input: ({ imageInput, input }) => imageInput ?? input,
  video_input: ({ imageInput, input }) => imageInput ?? input,
  cached_audio: ({ cached, audioInput }) => cached ?? audioInput,
  cached_image: ({ cached, imageInput, input }) => cached ?? imageInput ?? input,
  output: ({ output }) => output ?? 0,
  audio_output: ({ audioOutput, perSecond }) => audioOutput ?? freeIfPriced(perSecond),
  image_output: ({ imageOutput, perPicture }) => imageOutput ?? freeIfPriced(perPicture),
  video_output: ({ imageOutput }) => imageOutput,
  reasoning: ({ output }) => output ?? 0,
  citation: ({ output }) => output ?? 0,
};

function freeIfPriced(price: number | undefined): number | undefined {
  return price === undefined ? undefined : 0;
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

function checkModelPrice(name: string, price: ModelPrice): void {
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
    throw new TypeError(`${name} must be a number of US dollars`);
  }
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} takes an object`);
}

/**
 * Checks the keys of an object.
 * @param knownKeys every key of the type; the compiler checks that none is missing
 * @throws TypeError for an unknown key, with the key that was probably meant
 */
export function checkKeys<T extends object>(
  taker: string,
  value: T,
  knownKeys: Readonly<Record<keyof NoInfer<T>, true>>,
): void {
  checkObject(taker, value);
  const names = Object.keys(knownKeys);
  for (const key of Object.keys(value)) {
    if (!names.includes(key)) throw new TypeError(`${taker}: ${unknownKey(key, names, taker)}`);
  }
}
