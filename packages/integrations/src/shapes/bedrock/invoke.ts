/** Amazon Bedrock's `InvokeModel`, whose requests and responses have the form of the model's vendor. */

import type { StepType, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
  tryParseJson,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { anthropicMessages, MessagesReader } from '../anthropic/messages.js';
import { cohereChat } from '../cohere/chat.js';
import { openAIChat } from '../openai/chat.js';
import { dimensionsOf } from '../reading/dimensions.js';
import { PlainReader, type PlainResponse } from '../reading/plain-reader.js';
import type {
  Description,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from '../reading/shape.js';
import { TextReader } from '../reading/text-reader.js';
import { textOfBase64 } from './base64-text.js';
import { bedrockTokens, ConverseReader, describeConverse, failureBy } from './converse.js';
import { bedrockModel, bedrockRegion } from './model-id.js';

const INVOKE = /\/model\/[^/]+\/invoke(-with-response-stream)?$/;

/** A kind of model: how its requests are recognised and read, and the reader of its responses. */
interface InvokedKind<T extends StepType = StepType> {
  readonly operation: string;
  readonly type: T;
  matches(request: ModelRequest): boolean;
  describe(request: ModelRequest): Omit<Description, 'model'>;
  reader(request: ModelRequest): ResponseReader;
}

const embed: InvokedKind<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) =>
    /embed/.test(bedrockModel(url) ?? '') || /_EMBEDDING$/.test(String(params.taskType)),
  describe: ({ params }) => inputsAndParameters(params, EMBEDDING_INPUTS, 'input'),
  reader: () => new PlainReader(readEmbeddings),
};

const rerank: InvokedKind<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ params }) => params.query !== undefined && Array.isArray(params.documents),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: params.documents },
    modelParameters: fieldsExcept(params, 'query', 'documents'),
  }),
  reader: () =>
    new PlainReader((body) => ({
      output: objectOrEmpty(body).results ?? body,
      details: presentFields(fieldsExcept(objectOrEmpty(body), 'results')),
    })),
};

const image: InvokedKind<'chat_completion'> = {
  operation: 'Image',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    /image|canvas|stability|stable-|\bsd3|diffusion/.test(bedrockModel(url) ?? '') ||
    params.text_prompts !== undefined ||
    params.imageGenerationConfig !== undefined,
  describe: ({ params }) => inputsAndParameters(params, IMAGE_INPUTS, 'prompt'),
  reader: () => new PlainReader(readImages),
};

const chat: InvokedKind<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: () => true,
  describe: (request) => describeInvoked(request),
  reader: (request) => readerOf(request),
};

export const bedrockInvoke: readonly Shape[] = [embed, rerank, image, chat].map(
  (kind): Shape => ({
    operation: kind.operation,
    type: kind.type,
    matches: (request) => INVOKE.test(request.url.pathname) && kind.matches(request),
    describe: (request) => ({ ...kind.describe(request), model: bedrockModel(request.url) }),
    reader: (request) => new InvokedReader(kind.reader(request), bedrockRegion(request.url)),
  }),
);

/** Fields with inputs. All other fields are parameters. */
const EMBEDDING_INPUTS = wordArray(`
  inputText texts inputs inputImage images mediaSource singleEmbeddingParams
  segmentedEmbeddingParams text image
`);
const IMAGE_INPUTS = wordArray(`
  prompt negative_prompt text_prompts image init_image mask textToImageParams inPaintingParams
  outPaintingParams imageVariationParams colorGuidedGenerationParams backgroundRemovalParams
  virtualTryOnParams
`);
/** Fields with the prompt of models that continue a text. */
const PROMPTS = ['prompt', 'inputText', 'inputPrompt', 'mediaSource', 'images'];

function inputsAndParameters(params: JsonObject, content: readonly string[], alone: string) {
  const inputs = fieldsNamed(params, content);
  const [only, ...others] = Object.values(inputs);
  const isAlone = only !== undefined && others.length === 0;
  return {
    inputs: isAlone ? { [alone]: only } : inputs,
    modelParameters: fieldsExcept(params, ...content),
  };
}

function describeInvoked(request: ModelRequest): Omit<Description, 'model'> {
  const { params } = request;
  if (isAnthropic(request)) return anthropicMessages.describe(request);
  if (isConverse(request)) return describeConverse(request);
  if (isCohere(params)) return cohereChat.describe(request);
  if (Array.isArray(params.messages)) return openAIChat.describe(request);
  const { textGenerationConfig, ...others } = params;
  const [first, ...more] = PROMPTS.filter((key) => params[key] !== undefined);
  // Any field of an unknown kind of request may be content.
  if (first === undefined) return { inputs: { input: params }, modelParameters: {} };
  return {
    inputs: {
      prompt: [{ role: 'user', content: params[first] }],
      ...fieldsNamed(params, more),
    },
    modelParameters: {
      ...objectOrEmpty(textGenerationConfig),
      ...fieldsExcept(others, ...PROMPTS),
    },
  };
}

function readerOf(request: ModelRequest): ResponseReader {
  const { params } = request;
  if (isAnthropic(request)) return new MessagesReader();
  if (isConverse(request)) return new ConverseReader();
  if (isCohere(params)) return cohereChat.reader(request);
  if (!Array.isArray(params.messages)) return new TextReader();
  return openAIChat.reader(request);
}

function isAnthropic({ url, params }: ModelRequest): boolean {
  if (!Array.isArray(params.messages)) return false;
  return params.anthropic_version !== undefined || /anthropic\./.test(bedrockModel(url) ?? '');
}

/** Amazon's own models. */
function isConverse({ url, params }: ModelRequest): boolean {
  const { messages, schemaVersion, inferenceConfig } = params;
  if (!Array.isArray(messages)) return false;
  if (schemaVersion !== undefined || inferenceConfig !== undefined) return true;
  return /amazon\.nova/.test(bedrockModel(url) ?? '');
}

function isCohere(params: JsonObject): boolean {
  return typeof params.message === 'string' && !Array.isArray(params.messages);
}

/** Headers with token counts, which are the same for all models. */
const INPUT_TOKENS = 'x-amzn-bedrock-input-token-count';
const OUTPUT_TOKENS = 'x-amzn-bedrock-output-token-count';
const CACHE_READ_TOKENS = 'x-amzn-bedrock-cache-read-input-token-count';
const CACHE_WRITE_TOKENS = 'x-amzn-bedrock-cache-write-input-token-count';
/** The beginning of the keys that Bedrock adds to a response. */
const ADDED = 'amazon-bedrock-';

/** Unpacks the events of a stream for the reader of the model, and reads the fields that Bedrock adds to all responses. */
class InvokedReader implements ResponseReader {
  readonly hasEndMarker = true;
  readonly #reader: ResponseReader;
  readonly #region: string | undefined;
  #headerTokens: TokenCounts = {};
  #latencyMs: number | undefined;
  #serviceTier: string | undefined;
  #speed: string | undefined;
  #metrics: JsonObject | undefined;
  /** The fields that Bedrock adds other than metrics: the action of a guardrail. */
  #added: JsonObject = {};
  #failure: unknown;

  constructor(reader: ResponseReader, region: string | undefined) {
    this.#reader = reader;
    this.#region = region;
  }

  get isComplete(): boolean {
    return this.#reader.isComplete || this.#metrics !== undefined;
  }

  get isOver(): boolean {
    return this.#metrics !== undefined;
  }

  get failure(): unknown {
    return this.#failure ?? this.#reader.failure ?? this.#intervention;
  }

  get amount(): number {
    return this.#reader.amount;
  }

  readHeaders(header: (name: string) => string | undefined): void {
    const counted = (name: string) => {
      const value = header(name);
      return value === undefined || value === '' ? undefined : countOrUndefined(Number(value));
    };
    this.#headerTokens = bedrockTokens({
      inputTokens: counted(INPUT_TOKENS),
      outputTokens: counted(OUTPUT_TOKENS),
      cacheReadInputTokens: counted(CACHE_READ_TOKENS),
      cacheWriteInputTokens: counted(CACHE_WRITE_TOKENS),
    });
    this.#latencyMs = counted('x-amzn-bedrock-invocation-latency');
    this.#serviceTier = header('x-amzn-bedrock-service-tier');
    const speed = header('x-amzn-bedrock-performanceconfig-latency');
    this.#speed = speed === 'standard' ? undefined : speed;
  }

  readWhole(body: unknown): void {
    this.#reader.readWhole(isJsonObject(body) ? this.#takeAdded(body) : body);
  }

  readEvent(frame: JsonObject): boolean {
    if (frame.type === 'exception') {
      this.#failure = { type: frame.exception, message: frame.message };
    }
    const event =
      typeof frame.bytes === 'string' ? tryParseJson(textOfBase64(frame.bytes)) : undefined;
    if (!isJsonObject(event)) return false;
    const own = this.#takeAdded(event);
    return Object.keys(own).length > 0 && this.#reader.readEvent(own);
  }

  endOfEvents(): void {
    this.#reader.endOfEvents();
  }

  response(): ModelResponse {
    const { model, tokens, billing, metadata, details, ...response } = this.#reader.response();
    const { guardrailAction, ...added } = this.#added;
    const metrics = fieldsExcept(this.#metrics ?? {}, ...KNOWN_OF_METRICS);
    return {
      ...response,
      tokens: mergedCounts(
        mergedCounts(tokens, bedrockTokens(this.#metrics ?? {})),
        this.#headerTokens,
      ),
      billing: {
        ...presentFields({
          serviceTier: this.#serviceTier,
          speed: this.#speed,
          // A refused request is not billed.
          region: this.isComplete || this.amount > 0 ? this.#region : undefined,
        }),
        ...presentFields((billing ?? {}) as JsonObject),
      },
      metadata: {
        ...metadata,
        answeredModel: model,
        invocationLatency: this.#latencyMs,
        metrics: nonEmptyObjectOrUndefined(metrics),
        guardrailAction,
      },
      details: knownFirst(added, details),
    };
  }

  /** Reads the fields that Bedrock added. @returns the fields of the model's vendor */
  #takeAdded(body: JsonObject): JsonObject {
    const own: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(body)) {
      if (!key.startsWith(ADDED)) own[key] = value;
      else if (key === `${ADDED}invocationMetrics`) this.#metrics = objectOrEmpty(value);
      else this.#added = { ...this.#added, [key.slice(ADDED.length)]: value };
    }
    return Array.isArray(own.choices) ? { ...own, choices: own.choices.map(withReason) } : own;
  }

  get #intervention(): unknown {
    if (this.#added.guardrailAction !== 'INTERVENED') return undefined;
    const reason = objectOrEmpty(objectOrEmpty(this.#added.trace).guardrail).actionReason;
    return failureBy('guardrail_intervened', reason);
  }
}

const KNOWN_OF_METRICS = wordArray(`
  inputTokenCount outputTokenCount cacheReadInputTokenCount cacheWriteInputTokenCount
`);

/** The choice with OpenAI's name for the finish reason, for Mistral's models on Bedrock. */
function withReason(choice: unknown): unknown {
  if (!isJsonObject(choice) || choice.stop_reason === undefined) return choice;
  const { stop_reason: reason, ...others } = choice;
  return { finish_reason: reason, ...others };
}

/** Each count of the first if it is known, else of the second. */
function mergedCounts(one: TokenCounts | undefined, two: TokenCounts): TokenCounts | undefined {
  const counts = {
    ...presentFields(two as JsonObject),
    ...presentFields((one ?? {}) as JsonObject),
  };
  return nonEmptyObjectOrUndefined(counts);
}

/** The vectors of a response, under the names of the vendors. */
function vectorsIn(body: JsonObject): readonly unknown[] {
  const { embedding, embeddings, embeddingsByType, data } = body;
  if (Array.isArray(embedding)) return [embedding];
  if (isJsonObject(embeddingsByType)) {
    const [first] = Object.values(embeddingsByType);
    if (Array.isArray(first)) return Array.isArray(first[0]) ? first : [first];
  }
  const found = isJsonObject(embeddings)
    ? Object.values(embeddings).find(Array.isArray)
    : embeddings;
  const vectors = Array.isArray(found) ? found : Array.isArray(data) ? data : [];
  return vectors.map((each) => (isJsonObject(each) ? arrayOrEmpty(each.embedding) : each));
}

const KNOWN_OF_EMBEDDINGS = wordArray(`
  embedding embeddings embeddingsByType data inputTextTokenCount texts id response_type
`);

function readEmbeddings(body: unknown): ModelResponse {
  const response = objectOrEmpty(body);
  const vectors = vectorsIn(response);
  const tokens = countOrUndefined(response.inputTextTokenCount);
  return {
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: dimensionsOf(vectors[0]) || undefined,
      },
    }),
    metadata: { responseId: stringOrUndefined(response.id) },
    details: presentFields(fieldsExcept(response, ...KNOWN_OF_EMBEDDINGS)),
  };
}

const KNOWN_OF_IMAGES = ['images', 'artifacts', 'error', 'finish_reasons', 'result'];

/** Images are recorded by their type and size only. */
function readImages(body: unknown): PlainResponse {
  const response = objectOrEmpty(body);
  const images = imagesIn(response);
  const reasons = arrayOrEmpty(response.finish_reasons);
  return {
    failure: imageFailure(response, images),
    output: images.length > 0 ? { images } : undefined,
    ...(images.length > 0 && { billing: { pictures: images.length } }),
    metadata: { result: stringOrUndefined(response.result) },
    details: knownFirst(
      {
        // The message of the failure repeats them, and is content.
        ...(reasons.some(Boolean) && { finishReasons: reasons }),
      },
      presentFields(fieldsExcept(response, ...KNOWN_OF_IMAGES)),
    ),
  };
}

/** The reason for which no image was created; undefined if there are images. */
function imageFailure(response: JsonObject, images: readonly unknown[]): unknown {
  const reason = arrayOrEmpty(response.finish_reasons).find((each) => typeof each === 'string');
  return reason === undefined || images.length > 0 ? undefined : { message: reason };
}

function imagesIn({ images, artifacts }: JsonObject): readonly unknown[] {
  return [...arrayOrEmpty(images), ...arrayOrEmpty(artifacts)].filter(Boolean);
}
