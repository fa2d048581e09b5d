/** Reads the usage of OpenAI and of services with the same API: tokens, and what the price depends on besides them. */

import { type Billing, laterCounts, type TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  positiveCounts,
  stringOrUndefined,
} from '../../common/json.js';
import { pricedTier } from '../../common/service-tier.js';
import { wordSet } from '../../common/words.js';

/** The counts of a usage; undefined if there is none. */
export function openAITokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { inputDetails, outputDetails } = tokenDetails(usage);
  const ofCache = objectOrEmpty(inputDetails.cached_tokens_details);
  const written = objectOrEmpty(inputDetails.cache_write_tokens_details);
  const cached = largestCount(
    inputDetails.cached_tokens,
    // DeepSeek, Moonshot and Together, Mistral, and gateways in front of Anthropic.
    usage.prompt_cache_hit_tokens,
    usage.cached_tokens,
    usage.num_cached_tokens,
    usage.cache_read_input_tokens,
  );
  const cacheCreation = largestCount(
    inputDetails.cache_write_tokens,
    inputDetails.cache_creation_tokens,
    usage.cache_creation_input_tokens,
  );
  const counts: TokenCounts = {
    input: countOrUndefined(usage.prompt_tokens) ?? countOrUndefined(usage.input_tokens),
    output: countOrUndefined(usage.completion_tokens) ?? countOrUndefined(usage.output_tokens),
    total: countOrUndefined(usage.total_tokens),
    cached,
    cacheCreation,
    cacheCreationHour: largestCount(
      written.ttl_12h_tokens,
      objectOrEmpty(inputDetails.cache_creation_token_details).ephemeral_1h_input_tokens,
      objectOrEmpty(usage.cache_creation).ephemeral_1h_input_tokens,
    ),
    audioInput: countOrUndefined(inputDetails.audio_tokens),
    imageInput: countOrUndefined(inputDetails.image_tokens),
    videoInput: countOrUndefined(inputDetails.video_tokens),
    cachedAudio: countOrUndefined(ofCache.audio_tokens),
    cachedImage: countOrUndefined(ofCache.image_tokens),
    audioOutput: countOrUndefined(outputDetails.audio_tokens),
    imageOutput: countOrUndefined(outputDetails.image_tokens),
    // Reasoning is a part of the output, and priced like it.
    reasoning:
      countOrUndefined(outputDetails.reasoning_tokens) ?? countOrUndefined(usage.reasoning_tokens),
  };
  return isResearch(usage) ? withResearch(usage, counts) : withCaches(usage, counts);
}

/** The counts of a response that has only images: all output tokens are those of images, unless the usage divides them. */
export function tokensOfImages(counts: TokenCounts | undefined): TokenCounts | undefined {
  return counts && { ...counts, imageOutput: counts.imageOutput ?? counts.output };
}

/** The counts of a request that generates nothing: the input is the total if the usage states no input. */
export function tokensOfInput(counts: TokenCounts | undefined): TokenCounts | undefined {
  return counts && { ...counts, input: counts.input ?? counts.total };
}

/** The usage of a response, or of the events of a stream. */
export class OpenAIUsage {
  #tokens: TokenCounts | undefined;
  #billing: Billing = {};
  #usage: JsonObject = {};

  /** Reads a usage. A count that a later event does not have, or has as 0, keeps its value. */
  read(usage: unknown, model?: unknown): void {
    const counts = openAITokens(usage);
    if (counts === undefined || !isJsonObject(usage)) return;
    this.#tokens = laterCounts(this.#tokens, counts);
    this.#billing = { ...this.#billing, ...openAIBilling(usage, model) };
    const stated = Object.entries(usage).filter(([, value]) => value !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(stated) };
  }

  get tokens(): TokenCounts | undefined {
    return this.#tokens;
  }

  get reasoningTokens(): number | undefined {
    return this.#tokens?.reasoning;
  }

  /** What the price depends on besides the tokens. */
  get billing(): Billing {
    return this.#billing;
  }

  /** The unknown fields of the usage, under the provider's names. */
  get unknownFields(): JsonObject | undefined {
    return unknownOpenAIUsage(this.#usage);
  }
}

/** What the price of a call depends on besides its tokens, by a usage of OpenAI, of a service with the same API, or of Anthropic. */
export function openAIBilling(usage: JsonObject, model?: unknown): Billing {
  const geo = stringOrUndefined(usage.inference_geo);
  const seconds = usage.type === 'duration' ? usage.seconds : usage.prompt_audio_seconds;
  return definedFields({
    serviceTier: pricedTier(usage.service_tier),
    // A field of Anthropic, which frameworks pass on.
    speed: stringOrUndefined(usage.speed),
    region: geo === 'not_available' ? undefined : geo,
    seconds: largestCount(seconds),
    toolUses: countedToolUses(usage),
    units: positiveCounts({ num_sources_used: usage.num_sources_used }),
    statedCost: statedCost(usage, model),
  });
}

/** Fields that are read, and fields that follow from them. */
const KNOWN = wordSet(`
  type prompt_tokens completion_tokens input_tokens output_tokens total_tokens cached_tokens
  cache_write_tokens cache_creation_tokens audio_tokens image_tokens video_tokens text_tokens
  reasoning_tokens citation_tokens num_cached_tokens prompt_cache_hit_tokens
  prompt_cache_miss_tokens cache_read_input_tokens cache_creation_input_tokens
`);

/** The unknown fields of a usage that are not 0; undefined if there are none. */
function unknownOpenAIUsage(usage: JsonObject): JsonObject | undefined {
  const unknown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(usage)) {
    if (KNOWN.has(key) || value === null || value === 0 || value === false) continue;
    const kept = isJsonObject(value) ? unknownOpenAIUsage(value) : value;
    if (kept !== undefined) unknown[key] = kept;
  }
  return nonEmptyObjectOrUndefined(unknown);
}

function tokenDetails(usage: JsonObject): { inputDetails: JsonObject; outputDetails: JsonObject } {
  const { prompt_tokens_details, input_tokens_details, input_token_details } = usage;
  const { completion_tokens_details, output_tokens_details, output_token_details } = usage;
  return {
    inputDetails: objectOrEmpty(
      prompt_tokens_details ?? input_tokens_details ?? input_token_details,
    ),
    outputDetails: objectOrEmpty(
      completion_tokens_details ?? output_tokens_details ?? output_token_details,
    ),
  };
}

/** Whether the usage is Perplexity's, which counts reasoning and citations in addition to completion and total. */
function isResearch(usage: JsonObject): boolean {
  return (
    countOrUndefined(usage.citation_tokens) !== undefined ||
    countOrUndefined(usage.num_search_queries) !== undefined
  );
}

function withResearch(usage: JsonObject, counts: TokenCounts): TokenCounts {
  const { output, reasoning = 0 } = counts;
  const citation = countOrUndefined(usage.citation_tokens) ?? 0;
  if (output === undefined) return counts;
  return { ...counts, output: output + reasoning + citation, citation, total: undefined };
}

/** Adds the tokens of Anthropic's caches to the input, if the total shows that a gateway counts them in addition to it. */
function withCaches(usage: JsonObject, counts: TokenCounts): TokenCounts {
  const { input, output, total, cached = 0, cacheCreation = 0 } = counts;
  const isNamed = usage.cache_read_input_tokens ?? usage.cache_creation_input_tokens;
  if (isNamed === undefined || input === undefined || total === undefined) return counts;
  const additional = total - input - (output ?? 0);
  return additional > 0 && additional === cached + cacheCreation
    ? { ...counts, input: input + additional }
    : counts;
}

/** The largest of some counts, because providers send 0 for a count that they do not know. */
function largestCount(...values: readonly unknown[]): number | undefined {
  let largest: number | undefined;
  for (const each of values) {
    const counted = countOrUndefined(each);
    if (counted !== undefined) largest = Math.max(largest ?? 0, counted);
  }
  return largest;
}

/** The uses of tools that a usage counts, as those of Perplexity, OpenRouter, Mistral and xAI do; undefined if it counts none. */
function countedToolUses(usage: JsonObject): Record<string, number> | undefined {
  const counts: Record<string, unknown> = {
    web_search: usage.num_search_queries,
    ...objectOrEmpty(usage.connectors),
  };
  for (const [name, times] of Object.entries(objectOrEmpty(usage.server_tool_use))) {
    counts[name.replace(/_requests$/, '')] = times;
  }
  for (const [name, times] of Object.entries(objectOrEmpty(usage.server_side_tool_usage_details))) {
    counts[name.replace(/_calls$/, '')] = times;
  }
  return positiveCounts(counts);
}

/** xAI states costs in ticks. */
const TICKS_PER_USD = 1e10;

/** An amount of US dollars, as a number or, by Vercel's gateway, as a string. */
export function dollars(amount: unknown): number | undefined {
  return countOrUndefined(typeof amount === 'string' ? Number.parseFloat(amount) : amount);
}

/** The gateway's own tools that a request enables: they may have run, and their uses are not counted. Undefined if there are none. */
export function uncountedTools({ model, plugins }: JsonObject): readonly string[] | undefined {
  const isOnline = stringOrUndefined(model)?.endsWith(':online') === true;
  const searches =
    isOnline || arrayOrEmpty(plugins).some((plugin) => objectOrEmpty(plugin).id === 'web');
  return searches ? ['web_search'] : undefined;
}

/** The cost that a usage states. 0 counts only for free models, because gateways send it if they know no price. */
function statedCost(usage: JsonObject, model: unknown): number | undefined {
  const ticks = countOrUndefined(usage.cost_in_usd_ticks);
  const stated = isJsonObject(usage.cost) ? usage.cost.total_cost : usage.cost;
  const cost = ticks === undefined ? dollars(stated) : ticks / TICKS_PER_USD;
  if (cost === undefined) return undefined;
  // If the app uses its own key, the gateway bills only its fee.
  if (usage.is_byok === true) {
    const upstream = countOrUndefined(objectOrEmpty(usage.cost_details).upstream_inference_cost);
    return upstream === undefined || upstream === 0 ? undefined : cost + upstream;
  }
  return cost > 0 || stringOrUndefined(model)?.endsWith(':free') === true ? cost : undefined;
}
