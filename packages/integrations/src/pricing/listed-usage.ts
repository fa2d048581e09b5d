import type { PricedCall } from '@openlayer-tracing/core/integration';
import type { Usage } from '@pydantic/genai-prices';
import { arrayOrEmpty, objectOrEmpty } from '../common/json.js';
import { wordSet } from '../common/words.js';
import { isAudioBilledSeparately, isFreeTool } from './extra-charges.js';
import type { ListedModel } from './listed-model.js';
import { isTooLong } from './long-contexts.js';
import { isOverlapUnknown, type TokenPart, type TokenParts } from './token-parts.js';
import { wrongParts } from './wrong-prices.js';

/** The usage of a call under the names of the list, as far as the list has prices for it, and what has no price. */
export class ListedUsage {
  readonly tokens: Usage = {};
  readonly others: Usage = {};
  readonly #listed: ListedModel;
  readonly #missing: string[] = [];

  constructor(listed: ListedModel) {
    this.#listed = listed;
  }

  /** What the call used and the list has no price for. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  addTokens(tokens: TokenParts, call: PricedCall): void {
    const { counts, parts, unknown } = tokens;
    const { providerId, name } = this.#listed;
    const wrong = wrongParts(providerId, [name], call.startTime);
    for (const part of parts.keys()) {
      const { key, costsAsRest, isPriceOfOtherTokens } = PRICES[part];
      const isPriced = this.#has(key) || costsAsRest?.(this.#listed) === true;
      const isRight = !wrong.includes(part) && isPriceOfOtherTokens?.(this.#listed) !== true;
      if (!isPriced || !isRight) this.#missing.push(`tokens:${part}`);
    }
    const { calls = 1 } = call;
    const length = (counts.input ?? 0) / (calls === 'unknown' ? 1 : calls);
    const isUnknown = calls === 'unknown' && this.#risesUpTo(length);
    if (isUnknown || isTooLong(providerId, [name], length)) {
      this.#missing.push('tokens:long_context');
    }
    for (const part of unknown) this.#missing.push(`tokens:${part}`);
    for (const kind of ['audio', 'image'] as const) {
      const isPriced = this.#has(`cache_${kind}_read_mtok`) || this.#has(`input_${kind}_mtok`);
      if (isPriced && isOverlapUnknown(tokens, kind)) {
        this.#missing.push(`tokens:cached_${kind}`);
      }
      // A model that can answer with audio or images has another price for them.
      const outputCount = kind === 'audio' ? counts.audioOutput : counts.imageOutput;
      if (
        this.#has(`output_${kind}_mtok`) &&
        outputCount === undefined &&
        (counts.output ?? 0) > 0
      ) {
        this.#missing.push(`tokens:${kind}_output`);
      }
    }
    for (const [counted, count] of Object.entries(counts)) {
      const [usageKey, priceKey] = COUNTS[counted] ?? [];
      if (usageKey === undefined || priceKey === undefined || count === undefined) continue;
      if (this.#has(priceKey)) this.tokens[usageKey] = count;
    }
  }

  addOthers(call: PricedCall): void {
    const { toolUses = {}, units = {}, seconds = 0, pictures = 0, characters = 0 } = call.billing;
    const isCounted = (call.promptTokens ?? call.completionTokens) !== undefined;
    for (const [tool, uses] of Object.entries(toolUses)) {
      if (isFreeTool(call.provider, tool)) continue;
      this.#add(`tool:${tool}`, toolPrice(this.#listed, tool), uses);
    }
    for (const tool of call.billing.uncountedTools ?? []) {
      if (!isFreeTool(call.provider, tool)) this.#missing.push(`tool:${tool}`);
    }
    for (const [unit, count] of Object.entries(units)) {
      this.#add(`unit:${unit}`, UNITS[unit], count);
    }
    if (isSearchModel(this.#listed)) this.#missing.push('tool:web_search');
    if (this.#has('audio_hours')) {
      this.#add('seconds', ['audio_seconds', 'audio_hours'], seconds);
      this.#add('seconds', ['input_audio_seconds', 'input_audio_hours'], seconds);
      if (!(seconds > 0)) this.#missing.push('seconds');
    } else if (!isCounted || isAudioBilledSeparately(call.provider)) {
      this.#add('seconds', undefined, seconds);
    }
    // A call with token counts is otherwise billed only by them.
    if (!isCounted || !isPaidByTokens(this.#listed)) this.#add('pictures', undefined, pictures);
    if (!isCounted) this.#add('characters', ['input_characters', 'input_mchars'], characters);
  }

  /** Whether seconds or pages are billed, for which a batch may have a discount too. */
  get billsSecondsOrPages(): boolean {
    const { audio_seconds, input_audio_seconds, input_document_pages } = this.others;
    return [audio_seconds, input_audio_seconds, input_document_pages].some(
      (each) => each !== undefined,
    );
  }

  #add(reason: string, priced: Priced | undefined, count: number): void {
    if (!(count > 0)) return;
    if (priced === undefined || !this.#has(priced[1])) this.#missing.push(reason);
    else this.others[priced[0]] = (this.others[priced[0]] ?? 0) + count;
  }

  /** Whether a price rises with the length of an input that is not longer than this. */
  #risesUpTo(length: number): boolean {
    return Object.values(this.#listed.prices).some((price) => {
      const starts = arrayOrEmpty(objectOrEmpty(price).tiers).map((tier) =>
        Number(objectOrEmpty(tier).start),
      );
      return starts.some((start) => length > start);
    });
  }

  #has(priceKey: string): boolean {
    return this.#listed.prices[priceKey] !== undefined;
  }
}

/** The list's names of a count and of its price. */
type Priced = readonly [usageKey: string, priceKey: string];

interface PartPrice {
  readonly key: string;
  /** Whether the part costs as much as the rest if it has no price of its own. */
  readonly costsAsRest?: (listed: ListedModel) => boolean;
  /** Whether the list's price is that of other tokens. */
  readonly isPriceOfOtherTokens?: (listed: ListedModel) => boolean;
}

const PRICES: Readonly<Record<TokenPart, PartPrice>> = {
  input: { key: 'input_mtok' },
  cached: { key: 'cache_read_mtok' },
  cache_creation: { key: 'cache_write_mtok' },
  cache_creation_hour: { key: 'cache_write_1h_mtok' },
  audio_input: { key: 'input_audio_mtok', costsAsRest: isOfOnePrice },
  image_input: { key: 'input_image_mtok', costsAsRest: countsImagesAsText },
  video_input: { key: 'input_video_mtok', costsAsRest: isOfOnePrice },
  cached_audio: { key: 'cache_audio_read_mtok', costsAsRest: isOfOnePrice },
  cached_image: { key: 'cache_image_read_mtok', costsAsRest: countsImagesAsText },
  output: { key: 'output_mtok', isPriceOfOtherTokens: isPriceOfImages },
  audio_output: { key: 'output_audio_mtok', costsAsRest: ({ id }) => /-tts$/.test(id) },
  image_output: { key: 'output_image_mtok', costsAsRest: isPaidByTokens },
  video_output: { key: 'output_video_mtok' },
  reasoning: { key: 'output_mtok' },
  citation: { key: 'output_citation_mtok' },
};

/** Whether the model has one price for all input: a Gemini model without a separate price for audio. */
function isOfOnePrice({ providerId, id, prices }: ListedModel): boolean {
  const isGemini = providerId === 'google' && id.startsWith('gemini-') && !id.includes('embedding');
  return isGemini && prices.input_audio_mtok === undefined;
}

const COUNT_IMAGES_AS_TEXT = wordSet(`
  openai azure anthropic google aws x-ai mistral groq together fireworks
`);

function countsImagesAsText({ providerId, id }: ListedModel): boolean {
  return COUNT_IMAGES_AS_TEXT.has(providerId) && !/embed/.test(id);
}

/** Whether generated images are billed by their tokens. */
function isPaidByTokens({ id, prices }: ListedModel): boolean {
  return prices.output_image_mtok !== undefined || /^gpt-image-/.test(id);
}

/** Whether the only output price is that of images, although the model may write text too. */
function isPriceOfImages({ id, prices }: ListedModel): boolean {
  return /^gpt-image-/.test(id) && prices.output_image_mtok === undefined;
}

/** The list counts in the same way: whole counts, and the parts of them. */
const COUNTS: Readonly<Record<string, Priced>> = {
  input: ['input_tokens', 'input_mtok'],
  cached: ['cache_read_tokens', 'cache_read_mtok'],
  cacheCreation: ['cache_write_tokens', 'cache_write_mtok'],
  cacheCreationHour: ['cache_write_1h_tokens', 'cache_write_1h_mtok'],
  audioInput: ['input_audio_tokens', 'input_audio_mtok'],
  imageInput: ['input_image_tokens', 'input_image_mtok'],
  videoInput: ['input_video_tokens', 'input_video_mtok'],
  cachedAudio: ['cache_audio_read_tokens', 'cache_audio_read_mtok'],
  cachedImage: ['cache_image_read_tokens', 'cache_image_read_mtok'],
  output: ['output_tokens', 'output_mtok'],
  audioOutput: ['output_audio_tokens', 'output_audio_mtok'],
  imageOutput: ['output_image_tokens', 'output_image_mtok'],
  videoOutput: ['output_video_tokens', 'output_video_mtok'],
  reasoning: ['output_reasoning_tokens', 'output_reasoning_mtok'],
  citation: ['output_citation_tokens', 'output_citation_mtok'],
} satisfies Partial<Record<keyof TokenParts['counts'], Priced>>;

const UNITS: Readonly<Record<string, Priced>> = {
  pages: ['input_document_pages', 'input_document_kpages'],
  pages_processed: ['input_document_pages', 'input_document_kpages'],
  search_units: ['rerank_searches', 'rerank_searches_kcount'],
};

/** Only for a provider's own tools: on a cloud, searches of the same model cost something else. */
function toolPrice({ providerId, name }: ListedModel, tool: string): Priced | undefined {
  const isOwn = ['openai', 'anthropic', 'perplexity'].includes(providerId);
  if (tool === 'file_search') {
    return providerId === 'openai' ? ['storage_searches', 'storage_searches_kcount'] : undefined;
  }
  // Searches by the older tool cost more with models that do not reason; these two models bill searches in tokens too.
  const isOther =
    (tool === 'web_search_preview' && !/^(o\d|gpt-[5-9])/.test(name)) ||
    /^gpt-4(o|\.1)-mini/.test(name);
  if (!isOwn || isOther || !/^web_search(_preview)?$/.test(tool)) return undefined;
  return ['web_searches', 'web_searches_kcount'];
}

/** Models that search in every call, for a fee that no count shows. */
function isSearchModel({ name }: ListedModel): boolean {
  return /-search-(preview|api)/.test(name);
}
