/** What holds for the price of any call, for models of the whole list and for prices of the app's own. */

import assert from 'node:assert/strict';
import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { type ModelPrice, prices } from '@openlayer-tracing/integrations/pricing';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { pricedCall } from './priced-call.ts';

/** The providers of the list, by the names that the platform has for them. */
const PROVIDERS: Readonly<Record<string, string>> = {
  openai: 'openai',
  azure: 'azure',
  anthropic: 'anthropic',
  google: 'google',
  bedrock: 'aws',
  mistral: 'mistral',
  cohere: 'cohere',
  groq: 'groq',
  xai: 'x-ai',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  deepseek: 'deepseek',
  perplexity: 'perplexity',
  cerebras: 'cerebras',
  voyage: 'voyageai',
  openrouter: 'openrouter',
  moonshotai: 'moonshotai',
  novita: 'novita',
  zai: 'zai',
  minimax: 'minimax',
  baseten: 'baseten',
};

const OWN: ModelPrice = {
  input: 1,
  output: 4,
  cached: 0.1,
  cacheCreation: 1.25,
  cacheCreationHour: 2,
  audioInput: 10,
  audioOutput: 20,
  imageOutput: 40,
  tiers: { batch: { input: 0.5, output: 2 } },
};

type Model = readonly [provider: string, model: string];

/** Every model of the list, and of OpenRouter's hundreds those that can have a price. */
const MODELS: readonly Model[] = [
  ...Object.entries(PROVIDERS).flatMap(([provider, providerId]) =>
    (findProvider({ providerId })?.models ?? []).map(({ id }): Model => [provider, id]),
  ),
  ['mine', 'own'] as const,
].filter(
  ([provider, model]) =>
    provider !== 'openrouter' || /^(openai|anthropic|google|x-ai)\//.test(model),
);
const pricing = prices({ models: { 'mine/own': OWN } });

const priceOf = ([provider, model]: Model, tokens: TokenCounts, billing: Billing = {}) =>
  pricing.price(
    pricedCall(provider, model, { tokens, billing: { ...place(provider), ...billing } }),
  );
const reasonsOf = ([provider, model]: Model, tokens: TokenCounts, billing: Billing = {}) =>
  pricing.unpriced?.(
    pricedCall(provider, model, { tokens, billing: { ...place(provider), ...billing } }),
  ) ?? [];

function place(provider: string): Billing {
  return provider === 'bedrock' ? { region: 'us-east-1' } : {};
}

/** Parts of one call, no token in two of them, and each with the whole that it is a part of. */
type Parts = Readonly<Partial<Record<Part, number>>>;
const WHOLES = {
  fresh: 'input',
  cached: 'input',
  cacheCreation: 'input',
  cacheCreationHour: 'input',
  audioInput: 'input',
  imageInput: 'input',
  videoInput: 'input',
  written: 'output',
  audioOutput: 'output',
  imageOutput: 'output',
  reasoning: 'output',
} as const;
type Part = keyof typeof WHOLES;
const PARTS = Object.keys(WHOLES) as readonly Part[];

function countsOf(parts: Parts): TokenCounts {
  const { fresh: _fresh, written: _written, ...rest } = parts;
  const sum = (whole: 'input' | 'output') =>
    PARTS.reduce((all, part) => all + (WHOLES[part] === whole ? (parts[part] ?? 0) : 0), 0);
  const { cacheCreation = 0, cacheCreationHour = 0 } = parts;
  const isCached = (parts.cached ?? 0) > 0;
  return {
    ...rest,
    input: sum('input'),
    output: sum('output'),
    ...(cacheCreation + cacheCreationHour > 0 && {
      cacheCreation: cacheCreation + cacheCreationHour,
    }),
    // Known, so that no price is missing because of them.
    ...(isCached && { cachedAudio: 0, cachedImage: 0 }),
    audioOutput: parts.audioOutput ?? 0,
    imageOutput: parts.imageOutput ?? 0,
  };
}

describe('the price of any call', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);
  const ROUNDS = 600;
  const anyModel = () => MODELS[Math.floor(random() * MODELS.length)] as Model;
  const anyPart = () => PARTS[Math.floor(random() * PARTS.length)] as Part;
  /** Always far from the inputs that are so long that all tokens cost more. */
  const anyParts = (): Parts => {
    const parts: Partial<Record<Part, number>> = {};
    const isOfText = random() < 0.5;
    for (const part of isOfText ? (['fresh', 'written'] as const) : PARTS) {
      if (random() < 0.4) parts[part] = Math.floor(random() * 5000);
    }
    return parts;
  };
  const about = (model: Model, ...counts: object[]) =>
    `${model.join(' ')} ${counts.map((each) => JSON.stringify(each)).join(' ')}, seed ${seed}`;

  before(() => pricing.ready?.());

  it('is a number of dollars, or has a reason for which there is none', () => {
    let priced = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const model = anyModel();
      const tokens = countsOf(anyParts());
      const price = priceOf(model, tokens);
      const reasons = reasonsOf(model, tokens);
      assert.equal(price === undefined, reasons.length > 0, about(model, tokens, reasons));
      assert.ok(price === undefined || (price >= 0 && price < 100), about(model, tokens));
      if (price !== undefined) priced++;
    }
    assert.ok(priced > ROUNDS / 10, `only ${priced} calls had a price`);
  });

  it('is nothing for no tokens', () => {
    for (const model of MODELS) {
      const price = priceOf(model, countsOf({}));
      assert.ok(price === undefined || price === 0, about(model));
    }
  });

  it('is not lower for more tokens of any kind', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const model = anyModel();
      const parts = anyParts();
      const part = anyPart();
      // Up to inputs that cost more from their first token.
      const more = { ...parts, [part]: (parts[part] ?? 0) + Math.floor(random() * 400_000) };
      const [less, all] = [priceOf(model, countsOf(parts)), priceOf(model, countsOf(more))];
      if (less === undefined || all === undefined) continue;
      assert.ok(all >= less - 1e-12, about(model, parts, more));
    }
  });

  it('is the sum of the prices of its parts', () => {
    let compared = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const model = anyModel();
      const parts = anyParts();
      const whole = priceOf(model, countsOf(parts));
      if (whole === undefined) continue;
      let sum = 0;
      for (const [part, count] of Object.entries(parts)) {
        sum += priceOf(model, countsOf({ [part]: count })) ?? Number.NaN;
      }
      assert.ok(Math.abs(sum - whole) < 1e-9, about(model, parts, { sum, whole }));
      compared++;
    }
    assert.ok(compared > ROUNDS / 10, `only ${compared} calls had a price`);
  });

  it('is unknown if the tier, speed or region of the call, or a tool, has no price', () => {
    const unknown: readonly (readonly [Billing, reason: string])[] = [
      [{ serviceTier: 'warp' }, 'service_tier:warp'],
      [{ speed: 'warp' }, 'speed:warp'],
      [{ toolUses: { abacus: 1 } }, 'tool:abacus'],
      [{ units: { beans: 2 } }, 'unit:beans'],
    ];
    for (const model of MODELS) {
      const tokens = { input: 1000, output: 100 };
      const reasons = reasonsOf(model, tokens);
      // Of a model or a route that has no price at all, nothing else is looked at.
      if (reasons.some((each) => ['model', 'route'].includes(each))) continue;
      for (const [billing, reason] of unknown) {
        // OpenRouter's free models are free at any tier.
        if (priceOf(model, tokens) === 0 && model[0] === 'openrouter') continue;
        assert.equal(priceOf(model, tokens, billing), undefined, about(model, billing));
        assert.ok(reasonsOf(model, tokens, billing).includes(reason), about(model, billing));
      }
    }
  });

  it('is half in a batch, or unknown', () => {
    for (const model of MODELS) {
      const tokens = { input: 1000, output: 100 };
      const usual = priceOf(model, tokens);
      const inBatch = priceOf(model, tokens, { isBatch: true });
      if (usual === undefined) assert.equal(inBatch, undefined, about(model));
      if (usual === undefined || inBatch === undefined) continue;
      assert.ok(Math.abs(inBatch - usual / 2) < 1e-12, about(model, { usual, inBatch }));
    }
  });

  it('is unknown for a model whose name only begins like one of the list', () => {
    for (const [provider, model] of MODELS) {
      for (const kind of ['mini', 'pro', 'image', 'tts', 'realtime', 'live', 'research']) {
        const name = `${model}-${kind}`;
        if (isListed(provider, name, kind) || model.endsWith(':free')) continue;
        const price = priceOf([provider, name], { input: 1000, output: 100 });
        assert.equal(price, undefined, about([provider, name]));
      }
    }
  });
});

/** Whether the list means this kind of model where it finds one by the name. */
function isListed(provider: string, name: string, kind: string): boolean {
  const found = calcPrice({}, name, { providerId: PROVIDERS[provider] ?? provider });
  return found !== null && JSON.stringify(found.model).includes(kind);
}

describe('the prices of the list', () => {
  it('are all used, or make the price of a call unknown', () => {
    const kinds = new Set<string>();
    for (const providerId of Object.values(PROVIDERS)) {
      for (const { prices: listed } of findProvider({ providerId })?.models ?? []) {
        for (const each of Array.isArray(listed) ? listed.map((one) => one.prices) : [listed]) {
          for (const kind of Object.keys(each)) kinds.add(kind);
        }
      }
    }
    assert.deepEqual([...kinds].sort(), [
      'audio_hours',
      'cache_audio_read_mtok',
      'cache_image_read_mtok',
      'cache_read_mtok',
      'cache_write_1h_mtok',
      'cache_write_mtok',
      'input_annotated_document_kpages',
      'input_audio_hours',
      'input_audio_mtok',
      'input_document_kpages',
      'input_image_mtok',
      'input_mtok',
      'input_text_messages_kcount',
      'input_video_mtok',
      'output_audio_mtok',
      'output_citation_mtok',
      'output_image_mtok',
      'output_mtok',
      'output_reasoning_mtok',
      'output_video_mtok',
      'requests_kcount',
      'storage_searches_kcount',
      'web_searches_kcount',
    ]);
  });
});

/** The same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
