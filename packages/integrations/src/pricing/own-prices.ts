/** The cost of a call by the app's own prices. */

import type { PricedCall } from '@openlayer-tracing/core/integration';
import { conditionsOf } from './conditions.js';
import { isAudioBilledSeparately, isFreeTool } from './extra-charges.js';
import { modelNames } from './model-names.js';
import { checkModelPrice, type ModelPrice, type TierPrice } from './model-price.js';
import type { Quote } from './quote.js';
import { regionOfCall } from './regions.js';
import { isOverlapUnknown, type TokenPart, tokenParts } from './token-parts.js';

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
