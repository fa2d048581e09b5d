/** Reads Gemini's usage: tokens, and what the price depends on besides them. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';

/** Counts that have a field of their own in the step. */
const KNOWN = [
  'promptTokenCount',
  'candidatesTokenCount',
  'responseTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'cachedContentTokenCount',
];

/**
 * The counts of a usage; undefined if there is none. Google counts thoughts in addition to the answer, and the results of its own
 * tools in addition to the prompt: both are added.
 */
export function geminiTokens(usage: unknown): TokenCounts | undefined {
  if (!isJsonObject(usage)) return undefined;
  const answerTokens =
    countOrUndefined(usage.candidatesTokenCount) ?? countOrUndefined(usage.responseTokenCount);
  const thoughtTokens = countOrUndefined(usage.thoughtsTokenCount);
  const promptTokens = countOrUndefined(usage.promptTokenCount);
  const toolTokens = countOrUndefined(usage.toolUsePromptTokenCount);
  const inputOf = (...modalities: string[]) =>
    sumOfKnown(
      tokensOfModalities(usage.promptTokensDetails, ...modalities),
      tokensOfModalities(usage.toolUsePromptTokensDetails, ...modalities),
    );
  const outputOf = (modality: string) =>
    tokensOfModalities(usage.candidatesTokensDetails ?? usage.responseTokensDetails, modality);
  return {
    input: promptTokens === undefined ? undefined : promptTokens + (toolTokens ?? 0),
    output: sumOfKnown(answerTokens, thoughtTokens),
    total: countOrUndefined(usage.totalTokenCount),
    cached: countOrUndefined(usage.cachedContentTokenCount),
    audioInput: inputOf('AUDIO'),
    // Pages of documents are read as images, and priced like them.
    imageInput: inputOf('IMAGE', 'DOCUMENT'),
    videoInput: inputOf('VIDEO'),
    cachedAudio: tokensOfModalities(usage.cacheTokensDetails, 'AUDIO'),
    cachedImage: tokensOfModalities(usage.cacheTokensDetails, 'IMAGE', 'DOCUMENT'),
    audioOutput: outputOf('AUDIO'),
    imageOutput: outputOf('IMAGE'),
    videoOutput: outputOf('VIDEO'),
    reasoning: thoughtTokens,
  };
}

/** The unknown fields of the usage, and tokens by modality; undefined if there are none. */
export function unknownGeminiUsage(usage: unknown): JsonObject | undefined {
  const { trafficType, serviceTier, ...unknown } = fieldsExcept(objectOrEmpty(usage), ...KNOWN);
  if (trafficType !== undefined && serviceTier !== undefined) unknown.serviceTier = serviceTier;
  return nonEmptyObjectOrUndefined(unknown);
}

/** The region in the path of Vertex AI, and the tier that the response states. */
export function geminiBilling(url: URL, usage: unknown): Billing {
  const tier =
    stringOrUndefined(objectOrEmpty(usage).trafficType) ??
    stringOrUndefined(objectOrEmpty(usage).serviceTier);
  const region = /\/locations\/([^/]+)\//.exec(url.pathname)?.[1];
  return {
    ...(tier !== undefined && { serviceTier: tier }),
    ...(region !== undefined && { region }),
  };
}

interface CandidateFacts {
  /** The fields of a candidate other than its content. */
  readonly facts: JsonObject;
  /** The number of code executions. */
  readonly executions: number;
}

/** The number of uses of each of Google's own tools. */
export function geminiToolUses(candidates: readonly CandidateFacts[]): Billing {
  const uses: Record<string, number> = {};
  const add = (tool: string, count: number) => {
    if (count > 0) uses[tool] = (uses[tool] ?? 0) + count;
  };
  for (const { facts, executions } of candidates) {
    const { groundingMetadata, urlContextMetadata } = facts;
    const found = objectOrEmpty(groundingMetadata);
    add('google_search', arrayOrEmpty(found.webSearchQueries).length);
    add('image_search', arrayOrEmpty(found.imageSearchQueries).length);
    add('file_search', arrayOrEmpty(found.retrievalQueries).length);
    const isOfMaps = arrayOrEmpty(found.groundingChunks).some((chunk) =>
      isJsonObject(objectOrEmpty(chunk).maps),
    );
    add('google_maps', isOfMaps ? 1 : 0);
    add('url_context', arrayOrEmpty(objectOrEmpty(urlContextMetadata).urlMetadata).length);
    add('code_execution', executions);
  }
  return Object.keys(uses).length > 0 ? { toolUses: uses } : {};
}

/**
 * The tokens of some modalities: 0 if the usage is divided by modality and has none of them, undefined if it is not divided.
 * @param modalities in capitals
 */
export function tokensOfModalities(counts: unknown, ...modalities: string[]): number | undefined {
  if (!Array.isArray(counts)) return undefined;
  const matching = counts
    .map(objectOrEmpty)
    .filter(({ modality }) => modalities.includes(String(modality).toUpperCase()))
    // Interactions and voices name the count `tokens`.
    .map(({ tokenCount, tokens }) => countOrUndefined(tokenCount ?? tokens));
  return sumOfKnown(0, ...matching);
}

/** The sum of the known counts; undefined if none is known. */
export function sumOfKnown(...counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce(
    (whole, each) => (each === undefined ? whole : (whole ?? 0) + each),
    undefined,
  );
}
