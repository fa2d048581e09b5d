import { type Billing, type StepUpdate, tokenFields } from '@openlayer-tracing/core/integration';
import { mediaPlaceholder } from '../common/content/media.js';
import { failureOfEnd } from '../common/failures/failed-end.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  nonEmptyArrayOrUndefined,
  nonEmptyFields,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../common/json.js';
import { NO_WORDS, wordSet } from '../common/words.js';
import { requestIdIn } from '../http/exchange/headers.js';
import { aiSdkBilling, aiSdkModel } from '../shapes/ai-sdk-models.js';
import { OpenAIUsage } from '../shapes/openai/usage.js';
import { Message } from '../shapes/reading/message.js';
import { aiSdkTokens, reasoningTokens } from './tokens.js';

/** Parts without any information, or whose information other parts repeat. */
const IGNORED_PARTS: ReadonlySet<unknown> = wordSet(
  'ping raw error transcript-partial transcript-final',
);
/** Fields of a complete response that are read, or of no interest. */
const KNOWN = wordSet(`
  content object objectText embedding embeddings value values text finishReason
  rawFinishReason usage providerMetadata response request responses originalDocuments
  rerankedDocuments rawCall rawResponse warnings images videos audio ranking answers documents
  documentsType query topN state questions fields segments durationInSeconds
  structuredOutputText operation type stepNumber reasoning callId embedCallId operationId
  provider modelId functionId aiVersion recordInputs recordOutputs runtimeContext toolsContext
  timestamp maxRetries headers providerOptions maxOutputTokens inputAudioFormat durableContext
  performance msToFirstChunk reasoningText timestampGranularities isEnabled
`);
const KNOWN_OF_TOOL = wordSet(
  'type id toolCallId toolName input args toolCallType providerMetadata',
);
const KNOWN_OF_TEXT = wordSet('type id text delta citations providerMetadata');
/** Fields of a usage that are read. */
const KNOWN_OF_USAGE = wordSet(`
  inputTokens outputTokens totalTokens tokens reasoningTokens cachedInputTokens
  inputTokenDetails outputTokenDetails raw
`);

/** Reads the response of a model of the AI SDK: complete, or part by part. */
export class AiSdkResponse {
  readonly message = new Message();
  #facts: StepUpdate = {};
  #metadata: JsonObject = {};
  /** The reason for which the model stopped, in the provider's words. */
  #rawReason: string | undefined;
  /** Whether the provider has stated no reason for which the model stopped. */
  #hasNoReason = false;
  #details: JsonObject = {};
  readonly #partMetadata = new Map<unknown, JsonObject>();
  #usage: unknown;
  /** The body that the provider sent, if the SDK passes it on. */
  #body: unknown;
  /** The metadata of each provider, by the provider's name. */
  #providerMetadata: JsonObject = {};
  #billing: Billing = {};
  /** The number of uses of the provider's own tools, by name. */
  readonly #toolUses: Record<string, number> = {};
  #hasMedia = false;
  /** The index of each tool result among the parts, by the id of the call. */
  readonly #results = new Map<unknown, number>();

  /** Fields of the step's type. */
  get facts(): StepUpdate {
    return this.#facts;
  }

  get metadata(): JsonObject {
    return this.#metadata;
  }

  /** The other fields of the response, which may be content. */
  get details(): JsonObject {
    const parts = [...this.#partMetadata.values()];
    return knownFirst(parts.length > 0 ? { partMetadata: parts } : {}, this.#details);
  }

  get billing(): Billing {
    const stated = aiSdkBilling(this.#usage, this.#providerMetadata, this.#body);
    const toolUses = { ...this.#toolUses, ...stated.toolUses };
    return {
      ...this.#billing,
      // The billed seconds are not always those of the recording.
      ...presentFields(stated as JsonObject),
      ...(Object.keys(toolUses).length > 0 && { toolUses }),
    };
  }

  /** How much has been received. */
  get amount(): number {
    return this.message.amount;
  }

  get hasOutput(): boolean {
    return this.amount > 0 || this.#hasMedia || this.message.output !== undefined;
  }

  /** The failure that the response states by the reason for which the model stopped. */
  get failure(): JsonObject | undefined {
    const { finishReason } = this.#metadata;
    // Claude's refusals are answers.
    if (this.#rawReason === 'refusal' || isJsonObject(this.#providerMetadata.anthropic)) {
      return undefined;
    }
    const output = this.hasOutput ? (this.message.output ?? this.#facts) : undefined;
    return failureOfEnd({
      reasons: [finishReason],
      output,
      isComplete: true,
      rawReason: this.#rawReason,
    });
  }

  /** Whether the stream of the provider was cut off before it stated why the model stopped. */
  get isCut(): boolean {
    return this.#hasNoReason;
  }

  readWhole(response: JsonObject): void {
    for (const part of arrayOrEmpty(response.content)) this.readPart(objectOrEmpty(part));
    const { objectText, reasoning, embeddings, embedding } = response;
    if (typeof objectText === 'string') {
      this.message.text.add(objectText);
      this.message.reasoning.add(stringOrUndefined(reasoning) ?? '');
    }
    const { structuredOutputText: structured } = response;
    if (this.message.text.chars === 0) this.message.text.add(stringOrUndefined(structured) ?? '');
    else if (structured !== this.message.text.toString()) {
      this.#addDetails(definedFields({ structuredOutputText: structured }));
    }
    this.#readMedia(response);
    this.readHead(response);
    this.#addDetails(nonEmptyFields(response, KNOWN));
    const vectors = Array.isArray(embedding) ? [embedding] : embeddings;
    if (vectors === undefined) return;
    const [first] = arrayOrEmpty(vectors);
    this.#facts = {
      ...this.#facts,
      embeddingCount: arrayOrEmpty(vectors).length,
      ...(Array.isArray(first) && { embeddingDimensions: first.length }),
    };
  }

  readPart(part: JsonObject): void {
    switch (part.type) {
      // A stream has thousands of these.
      case 'text-delta':
        this.message.text.add(stringOrUndefined(part.delta) ?? '');
        this.#readPartMetadata(part);
        break;
      case 'reasoning-delta':
        this.message.reasoning.add(stringOrUndefined(part.delta) ?? '');
        this.#readPartMetadata(part);
        break;
      case 'text-start':
      case 'reasoning-start':
      case 'reasoning-end':
        this.#readPartMetadata(part);
        break;
      case 'text':
      case 'text-end':
        this.#readText(part);
        break;
      case 'reasoning':
        this.message.reasoning.add(stringOrUndefined(part.text) ?? '');
        this.#readPartMetadata(part);
        this.#keepRest(part);
        break;
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'tool-call':
        this.#readCall(part);
        break;
      case 'tool-result':
        this.#readResult(part);
        break;
      case 'source':
        this.message.cite(fieldsExcept(part, 'type'));
        break;
      case 'transcript-delta':
        this.message.text.add(stringOrUndefined(part.delta) ?? '');
        break;
      case 'audio':
      case 'audio-delta':
        this.#hasMedia = true;
        break;
      case 'stream-start':
        this.#addDetails(nonEmptyFields({ warnings: part.warnings }));
        break;
      case 'response-metadata':
        this.readHead({ response: part });
        break;
      case 'custom':
        this.#readCustom(part);
        break;
      case 'finish':
        if (this.message.text.chars === 0) this.#readMedia(part);
        this.readHead(part);
        this.#addDetails(nonEmptyFields(part, KNOWN));
        break;
      default:
        if (!IGNORED_PARTS.has(part.type)) this.message.addPart(part);
    }
  }

  /** Reads a part of one provider. The first one of Claude states what the model has read. */
  #readCustom(part: JsonObject): void {
    if (part.kind !== 'anthropic.message_start') {
      this.message.addPart(part);
      return;
    }
    const { usage } = objectOrEmpty(objectOrEmpty(part.providerMetadata).anthropic);
    // The output is counted at the end.
    const input = fieldsExcept(objectOrEmpty(usage), 'output_tokens');
    this.readHead({ usage: { raw: input }, providerMetadata: { anthropic: { usage: input } } });
  }

  #readText(part: JsonObject): void {
    this.message.text.add(stringOrUndefined(part.text) ?? '');
    for (const each of arrayOrEmpty(part.citations)) this.message.cite(each);
    this.#readPartMetadata(part);
    this.#keepRest(part);
  }

  /** Reads the provider's metadata of a part: its signature, its sources. */
  #readPartMetadata({ type, id, providerMetadata }: JsonObject): void {
    const about = partMetadata(providerMetadata);
    if (about === undefined) return;
    // Several pieces of a part may have the same metadata.
    const place = id === undefined ? this.#partMetadata.size : id;
    if (this.#partMetadata.size >= MAX_PARTS && !this.#partMetadata.has(place)) return;
    const kind = String(type).replace(/-(start|delta|end)$/, '');
    this.#partMetadata.set(place, { type: kind, ...this.#partMetadata.get(place), ...about });
  }

  #keepRest(part: JsonObject): void {
    const more = nonEmptyFields(part, KNOWN_OF_TEXT);
    if (Object.keys(more).length > 0) this.message.addPart({ type: part.type, ...more });
  }

  /** Adds a tool result. A later result of the same call replaces a preliminary one. */
  #readResult(part: JsonObject): void {
    const { others } = this.message;
    const place = this.#results.get(part.toolCallId);
    if (place === undefined) {
      this.#results.set(part.toolCallId, others.length);
      this.message.addPart(part);
    } else this.message.replacePart(place, part);
  }

  /** Reads a tool call, which is received in pieces and then once more complete. */
  #readCall(part: JsonObject): void {
    const id = stringOrUndefined(part.toolCallId) ?? stringOrUndefined(part.id);
    const tool = this.message.ensureTool(`call ${id}`);
    if (tool === undefined) return;
    tool.restate(id, stringOrUndefined(part.toolName));
    if (part.type === 'tool-input-delta') tool.arguments.add(stringOrUndefined(part.delta) ?? '');
    const about = partMetadata(part.providerMetadata);
    if (about !== undefined) tool.extend({ providerMetadata: about });
    if (part.type === 'tool-input-start') tool.extend(nonEmptyFields(part, KNOWN_OF_TOOL));
    if (part.type !== 'tool-call') return;
    const { input = part.args } = part;
    if (tool.arguments.chars === 0) {
      tool.arguments.add(typeof input === 'string' ? input : (JSON.stringify(input) ?? ''));
    }
    tool.extend(nonEmptyFields(part, KNOWN_OF_TOOL));
    if (part.providerExecuted === true && tool.name !== undefined) {
      this.#toolUses[tool.name] = (this.#toolUses[tool.name] ?? 0) + 1;
    }
  }

  /** Reads images, audio, videos, transcripts and rankings. */
  #readMedia(response: JsonObject): void {
    const { images, videos, audio, ranking, answers, operation, durationInSeconds } = response;
    if (images !== undefined) {
      for (const each of arrayOrEmpty(images))
        this.message.addPart(mediaPlaceholder('image', each));
      this.#billing = { ...this.#billing, pictures: arrayOrEmpty(images).length };
    }
    for (const each of arrayOrEmpty(videos))
      this.message.addPart(videoPlaceholder(objectOrEmpty(each)));
    if (audio !== undefined && response.segments === undefined) {
      this.message.addPart(mediaPlaceholder('audio', audio));
    }
    if (response.segments !== undefined || durationInSeconds !== undefined) {
      this.message.text.add(stringOrUndefined(response.text) ?? '');
      this.#addDetails(
        definedFields({ segments: nonEmptyArrayOrUndefined(response.segments), durationInSeconds }),
      );
      const seconds = countOrUndefined(durationInSeconds);
      if (seconds !== undefined) this.#billing = { ...this.#billing, seconds };
    }
    for (const each of [ranking, answers]) {
      if (each === undefined) continue;
      this.#facts = { ...this.#facts, output: each };
      this.#hasMedia = true;
    }
    if (operation !== undefined) this.message.addPart({ operation });
  }

  /** Reads the facts of a response other than its content: ids, model, finish reason, usage and metadata. */
  readHead(head: JsonObject): void {
    const { response, finishReason, rawFinishReason, providerMetadata, warnings } = head;
    const usage = aiSdkUsage(head.usage);
    const { id, modelId, headers, body } = objectOrEmpty(response);
    if (isJsonObject(body)) this.#body = body;
    // Up to version 5 a string, then an object with the SDK's reason and the provider's.
    const reason = isJsonObject(finishReason)
      ? stringOrUndefined(finishReason.unified)
      : stringOrUndefined(finishReason);
    const raw = isJsonObject(finishReason)
      ? stringOrUndefined(finishReason.raw)
      : stringOrUndefined(rawFinishReason);
    this.#rawReason = raw ?? this.#rawReason;
    // Version 6 has a reason of its own then, and none of the provider.
    const isUnstated = isJsonObject(finishReason) && reason === 'other' && raw === undefined;
    if (reason !== undefined) this.#hasNoReason = reason === 'interrupted' || isUnstated;
    if (usage !== undefined) this.#usage = usage;
    if (isJsonObject(providerMetadata))
      this.#providerMetadata = { ...this.#providerMetadata, ...providerMetadata };
    this.#metadata = {
      ...this.#metadata,
      ...definedFields({
        responseId: stringOrUndefined(id),
        requestId: requestIdIn(headers),
        finishReason: reason,
        rawFinishReason: raw?.replaceAll('_', '-') === reason ? undefined : raw,
        reasoningTokens: reasoningTokens(usage),
      }),
    };
    this.#addDetails(
      nonEmptyFields({ warnings, providerMetadata: nonEmptyMetadata(this.#providerMetadata) }),
    );
    this.#addDetails(nonEmptyFields({ usage: unknownSdkUsage(usage) }));
    const tokens = aiSdkTokens(this.#usage, this.#providerMetadata);
    this.#facts = {
      ...this.#facts,
      ...(typeof modelId === 'string' && { model: aiSdkModel(modelId) }),
      ...(tokens && tokenFields(tokens)),
    };
  }

  #addDetails(details: JsonObject): void {
    this.#details = { ...this.#details, ...details };
  }
}

const KNOWN_OF_METADATA = wordSet('itemId');
const MAX_PARTS = 256;

/** The usage in the SDK's form. Transcriptions have the one of the provider. */
function aiSdkUsage(usage: unknown): unknown {
  const { type, input_tokens: input } = objectOrEmpty(usage);
  return type !== undefined || input !== undefined ? { raw: usage } : usage;
}

/** The fields of a usage that are no counts of tokens, of the SDK and of the provider. */
function unknownSdkUsage(usage: unknown): JsonObject {
  const { raw, ...otherCounts } = objectOrEmpty(usage);
  const usageOfProvider = new OpenAIUsage();
  usageOfProvider.read(raw);
  return { ...nonEmptyFields(otherCounts, KNOWN_OF_USAGE), ...usageOfProvider.unknownFields };
}

/** The metadata without empty fields. */
function nonEmptyMetadata(about: JsonObject, except = NO_WORDS): JsonObject {
  return Object.fromEntries(
    Object.entries(about)
      .map(([name, value]) => [name, isJsonObject(value) ? nonEmptyFields(value, except) : value])
      .filter(([, value]) => !isJsonObject(value) || Object.keys(value).length > 0),
  );
}

/** The metadata of a part, under the providers' names; undefined if there is none. */
function partMetadata(providerMetadata: unknown): JsonObject | undefined {
  if (!isJsonObject(providerMetadata)) return undefined;
  const about = nonEmptyMetadata(providerMetadata, KNOWN_OF_METADATA);
  return nonEmptyObjectOrUndefined(about);
}

function videoPlaceholder(video: JsonObject): unknown {
  const { type, data, mediaType } = video;
  if (type !== 'base64' && type !== 'binary') return video;
  return mediaPlaceholder('video', data, stringOrUndefined(mediaType));
}
