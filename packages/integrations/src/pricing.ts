/** What calls of models cost, by the price list of `@pydantic/genai-prices`, which is loaded at the first call. */

import {
  type PricedCall,
  type Pricing,
  reportFailure,
  unknownKey,
} from '@openlayer-tracing/core/integration';

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  /** @default 0, as of embeddings */
  readonly output?: number | undefined;
  /** Of input that was read from a cache. @default input */
  readonly cached?: number | undefined;
  /** Of input that was written to a cache. @default input */
  readonly cacheCreation?: number | undefined;
}

export interface PricesOptions {
  /** Prices of your own by model, `gpt-5`, or by provider and model, `azure/gpt-5`. They win over the list. */
  readonly models?: Readonly<Record<string, ModelPrice>> | undefined;
}

/**
 * Prices for the option `pricing` of a tracer. A model that is not known has no price: it is never guessed.
 *
 * @throws TypeError where an option is wrong
 *
 * @example
 * app.use(openlayerTracing({ pricing: prices(), budget: { usd: 0.5, onExceeded: 'abort' } }));
 */
export function prices(options: PricesOptions = {}): Pricing {
  checkKeys('prices', options, OPTIONS);
  const { models = {} } = options;
  const own = new Map(Object.entries(models));
  for (const [name, price] of own) {
    checkKeys(`models['${name}']`, price, PRICE);
    if (typeof price?.input !== 'number') {
      throw new TypeError(`models['${name}'] needs the price of its input`);
    }
  }
  return {
    price(call) {
      const model = call.model ?? '';
      const price = own.get(`${call.provider}/${model}`) ?? own.get(model);
      return price === undefined ? listed(call) : byPrice(call, price);
    },
    ready: () => loadList(),
  };
}

/** The compiler holds the lists to be complete. */
const OPTIONS: Readonly<Record<keyof PricesOptions, true>> = { models: true };
const PRICE: Readonly<Record<keyof ModelPrice, true>> = {
  input: true,
  output: true,
  cached: true,
  cacheCreation: true,
};

function checkKeys(taker: string, given: object, known: Readonly<Record<string, true>>): void {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${taker} takes an object`);
  }
  const names = Object.keys(known);
  for (const key of Object.keys(given)) {
    if (!names.includes(key)) throw new TypeError(`${taker}: ${unknownKey(key, names, taker)}`);
  }
}

type List = typeof import('@pydantic/genai-prices');

/** One list for the whole process; undefined until it is loaded. */
let list: List | undefined;
let loading: Promise<void> | undefined;

function loadList(): Promise<void> | undefined {
  if (list !== undefined) return undefined;
  loading ??= import('@pydantic/genai-prices').then(
    (loaded) => {
      list = loaded;
    },
    (error: unknown) => reportFailure('the price list', error),
  );
  return loading;
}

/** Where the list names a provider in another way than the platform. */
const NAMES: Readonly<Record<string, string>> = {
  bedrock: 'aws',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  xai: 'x-ai',
};

function listed(call: PricedCall): number | undefined {
  const { provider, model, startTime } = call;
  // By the model alone it would guess the provider.
  if (list === undefined || provider === undefined || model === undefined) return undefined;
  const { cached, cacheCreation, audioInput, audioOutput } = partsOf(call);
  try {
    const found = list.calcPrice(
      {
        input_tokens: call.promptTokens ?? 0,
        output_tokens: call.completionTokens ?? 0,
        cache_read_tokens: cached,
        cache_write_tokens: cacheCreation,
        input_audio_tokens: audioInput,
        output_audio_tokens: audioOutput,
      },
      model,
      { providerId: NAMES[provider] ?? provider, timestamp: new Date(startTime) },
    );
    return found?.total_price;
  } catch {
    // It refuses counts that contradict each other.
    return undefined;
  }
}

function byPrice(call: PricedCall, price: ModelPrice): number {
  const { cached, cacheCreation } = partsOf(call);
  const fresh = Math.max((call.promptTokens ?? 0) - cached - cacheCreation, 0);
  const millionths =
    fresh * price.input +
    cached * (price.cached ?? price.input) +
    cacheCreation * (price.cacheCreation ?? price.input) +
    (call.completionTokens ?? 0) * (price.output ?? 0);
  return millionths / 1_000_000;
}

function partsOf({ usageDetails = {} }: PricedCall) {
  return {
    cached: usageDetails.cached_tokens ?? 0,
    cacheCreation: usageDetails.cache_creation_tokens ?? 0,
    audioInput: usageDetails.audio_input_tokens ?? 0,
    audioOutput: usageDetails.audio_output_tokens ?? 0,
  };
}
