/** The cost of calls by the price list of `@pydantic/genai-prices`, if it has a price for everything that is billed. */

import { type PricedCall, processWide, reportFailure } from '@openlayer-tracing/core/integration';
import type { Usage } from '@pydantic/genai-prices';
import { conditionsOf } from './conditions.js';
import { discount, isAtUsualPrice } from './discounts.js';
import { findModel } from './find-model.js';
import type { ListedModel, PriceList } from './listed-model.js';
import { ListedUsage } from './listed-usage.js';
import type { Quote } from './quote.js';
import { regionOfCall, regionWithoutPrice } from './regions.js';
import { tokenParts } from './token-parts.js';

interface LoadedList {
  /** Undefined until it is loaded. */
  list: PriceList | undefined;
  loading: Promise<void> | undefined;
}

/** All copies and builds of this package share one list. */
const loaded = processWide(
  'integrations.price-list.v1',
  (): LoadedList => ({ list: undefined, loading: undefined }),
);

/** Loads the list, once per process. @returns undefined if it is loaded. A failure is reported, and calls have no price then */
export function loadList(): Promise<void> | undefined {
  if (loaded.list !== undefined) return undefined;
  loaded.loading ??= import('@pydantic/genai-prices').then(
    (list) => {
      loaded.list = list;
    },
    (error: unknown) => reportFailure('the price list', error),
  );
  return loaded.loading;
}

/** The list's names of providers, where they differ from the platform's. */
const PROVIDER_IDS: Readonly<Record<string, string>> = {
  bedrock: 'aws',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  xai: 'x-ai',
  voyage: 'voyageai',
};

/** The cost of a call by the list, or the reasons for which there is none. */
export function quoteOfList(call: PricedCall): Quote {
  const { provider } = call;
  const { list } = loaded;
  if (list === undefined) return { missing: ['not_loaded'] };
  if (provider === undefined) return { missing: ['provider'] };
  const providerId = PROVIDER_IDS[provider] ?? provider;
  // The list also finds providers by similar names.
  if (list.findProvider({ providerId })?.id !== providerId) return { missing: ['provider'] };
  try {
    if (providerId === 'openrouter') return quoteOfRouter(list, call);
    const listed = findModel(list, providerId, call);
    return listed === undefined ? { missing: ['model'] } : quoteOf(call, listed);
  } catch {
    // The list throws for counts that contradict each other.
    return { missing: ['counts'] };
  }
}

/** Vendors whose models have one price on all hosts, by OpenRouter's names of the models. */
const SOLE_VENDORS: readonly (readonly [model: RegExp, providerId: string])[] = [
  [/^openai\/((?!gpt-oss)[^:]+)$/, 'openai'],
  [/^anthropic\/(claude-(?!\d)[^:]+)$/, 'anthropic'],
  [/^google\/(gemini-[^:]+)$/, 'google'],
  [/^x-ai\/(grok-[^:]+)$/, 'x-ai'],
];

/**
 * OpenRouter charges the price of the host that answers, and each host of an open model has its own. Its responses state
 * the bill; this is for those that do not.
 */
function quoteOfRouter(from: PriceList, call: PricedCall): Quote {
  const { model = '', billing } = call;
  const tools = Object.entries(billing.toolUses ?? {}).filter(([, uses]) => uses > 0);
  if (tools.length > 0) return { missing: tools.map(([tool]) => `tool:${tool}`) };
  if (model.endsWith(':free')) return { usd: 0, missing: [] };
  const routed = findModel(from, 'openrouter', call);
  for (const [pattern, provider] of SOLE_VENDORS) {
    const name = pattern.exec(model)?.[1];
    if (name === undefined) continue;
    const own = findModel(from, provider, { ...call, provider, model: name });
    const isSame = own !== undefined && routed !== undefined && hasSameRates(own, routed);
    if (isSame) return quoteOf({ ...call, provider, model: name }, own);
  }
  return { missing: ['route'] };
}

function hasSameRates(a: ListedModel, b: ListedModel): boolean {
  return ['input_mtok', 'output_mtok'].every((key) => {
    const [one = 0, other = 0] = [a, b].map(({ prices }) => baseRate(prices[key]));
    return Math.abs(one - other) <= 0.01 * one;
  });
}

/** The price without the surcharge on long inputs. */
function baseRate(price: unknown): number {
  return typeof price === 'object' && price !== null && 'base' in price
    ? Number(price.base)
    : Number(price);
}

function quoteOf(call: PricedCall, listed: ListedModel): Quote {
  const tokens = tokenParts(call);
  if (tokens === undefined) return { missing: ['counts'] };
  const usage = new ListedUsage(listed);
  const { prices, providerId } = listed;
  const hasPrices = Object.keys(prices).length > 0;
  if (!hasPrices && !isFree(listed)) return { missing: ['model'] };
  // A model that is billed by the minute may count tokens too, which cost nothing.
  const isByMinute = 'audio_hours' in prices && !('input_mtok' in prices);
  if (hasPrices && !isByMinute) usage.addTokens(tokens, call);
  usage.addOthers(call);
  const region = regionWithoutPrice(listed, regionOfCall(call));
  const conditions = conditionsOf(call.billing).filter(({ name }) => !isAtUsualPrice(listed, name));
  const [only] = conditions;
  const share = only === undefined ? 1 : discount(listed, tokens, conditions);
  const isShareUnknown = share === undefined || (share !== 1 && usage.billsSecondsOrPages);
  // The list has only the price of the largest search, or of messages that no count shows.
  const isByRequest = 'requests_kcount' in prices || 'input_text_messages_kcount' in prices;
  const missing = [
    ...(isByRequest ? ['request'] : []),
    ...usage.missing,
    ...(region === undefined ? [] : [region]),
    ...(isShareUnknown ? conditions.map(({ reason }) => reason) : []),
  ];
  if (missing.length > 0 || share === undefined) return { missing };
  const costOf = (billed: Usage) => {
    const { name, timestamp } = listed;
    if (Object.keys(billed).length === 0) return 0;
    return listed.list.calcPrice(billed, name, { providerId, timestamp })?.total_price ?? 0;
  };
  const calls = call.calls === undefined || call.calls === 'unknown' ? 1 : call.calls;
  // The list's price rises with the length of one input.
  const ofOne = Object.fromEntries(
    Object.entries(usage.tokens).map(([key, count]) => [key, Number(count) / calls]),
  );
  return { usd: costOf(ofOne) * calls * share + costOf(usage.others), missing };
}

/** Whether a model without prices in the list is free. */
function isFree({ providerId, id }: ListedModel): boolean {
  return id.includes('moderation') || providerId === 'google';
}
