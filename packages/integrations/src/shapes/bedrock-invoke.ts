/** Amazon Bedrock's `InvokeModel`: what goes in and comes out is in each maker's own form. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import {
  count,
  isRecord,
  type Json,
  list,
  parseJson,
  record,
  text,
  without,
} from '../common/json.js';
import { anthropicMessages } from './anthropic-messages.js';
import { bedrockModel, ConverseReader, describeConverse } from './bedrock-converse.js';
import { CollectedText } from './collected-text.js';
import { openAIChat } from './openai-chat.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, AnswerReader, Description, ModelRequest, Shape } from './shape.js';

const INVOKE = /\/model\/[^/]+\/invoke(-with-response-stream)?$/;

const invokeEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => INVOKE.test(url.pathname) && /embed/.test(bedrockModel(url) ?? ''),
  describe: ({ url, params }) => ({
    inputs: { input: params.inputText ?? params.texts ?? params.inputs ?? params.inputImage },
    model: bedrockModel(url),
    modelParameters: without(params, 'inputText', 'texts', 'inputs', 'inputImage'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

const invokeChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url }) => INVOKE.test(url.pathname),
  describe: (request) => ({ ...describeInvoked(request), model: bedrockModel(request.url) }),
  reader: (request) => new InvokedReader(readerOf(request)),
};

export const bedrockInvoke: readonly Shape[] = [invokeEmbed, invokeChat];

function describeInvoked(request: ModelRequest): Description {
  const { params } = request;
  if (params.anthropic_version !== undefined) return anthropicMessages.describe(request);
  if (isConverse(params)) return describeConverse(request);
  if (Array.isArray(params.messages)) return openAIChat.describe(request);
  const { prompt, inputText, textGenerationConfig, ...others } = params;
  return {
    inputs: { prompt: [{ role: 'user', content: prompt ?? inputText }] },
    modelParameters: { ...record(textGenerationConfig), ...without(others) },
  };
}

function readerOf(request: ModelRequest): AnswerReader {
  const { params } = request;
  if (params.anthropic_version !== undefined) return anthropicMessages.reader(request);
  if (isConverse(params)) return new ConverseReader();
  return Array.isArray(params.messages) ? openAIChat.reader(request) : new TextReader();
}

/** Amazon's own models. */
function isConverse({ messages, schemaVersion, inferenceConfig }: Json): boolean {
  return Array.isArray(messages) && (schemaVersion !== undefined || inferenceConfig !== undefined);
}

/** Unpacks the events of a stream, the last of which tells the tokens whoever made the model. */
class InvokedReader implements AnswerReader {
  readonly tellsItsEnd = true;
  readonly #reader: AnswerReader;
  #metrics: Json | undefined;
  #failure: unknown;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  get isComplete(): boolean {
    return this.#reader.isComplete || this.#metrics !== undefined;
  }

  get failure(): unknown {
    return this.#failure ?? this.#reader.failure;
  }

  get amount(): number {
    return this.#reader.amount;
  }

  whole(body: unknown): void {
    this.#reader.whole(body);
  }

  event(frame: Json): boolean {
    if (frame.type === 'exception') {
      this.#failure = { type: frame.exception, message: frame.message };
    }
    const event = typeof frame.bytes === 'string' ? parseJson(fromBase64(frame.bytes)) : undefined;
    if (!isRecord(event)) return false;
    const { 'amazon-bedrock-invocationMetrics': metrics, ...said } = event;
    if (isRecord(metrics)) this.#metrics = metrics;
    return this.#reader.event(said);
  }

  done(): void {
    this.#reader.done();
  }

  answer(): Answer {
    const answer = this.#reader.answer();
    return { ...answer, model: undefined, tokens: answer.tokens ?? tokensIn(this.#metrics) };
  }
}

function tokensIn(metrics: Json | undefined): TokenCounts | undefined {
  return metrics === undefined
    ? undefined
    : { input: count(metrics.inputTokenCount), output: count(metrics.outputTokenCount) };
}

function fromBase64(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

/** Models that continue a text: Llama, Titan, Mistral's first. */
class TextReader implements AnswerReader {
  isComplete = false;
  readonly failure = undefined;
  readonly #text = new CollectedText();
  #finishReason: string | undefined;
  #input: number | undefined;
  #output: number | undefined;

  get amount(): number {
    return this.#text.chars;
  }

  whole(body: unknown): void {
    this.event(record(body));
    this.isComplete = true;
  }

  event(said: Json): boolean {
    const first = record(list(said.results ?? said.outputs)[0]);
    const piece =
      said.generation ?? said.outputText ?? said.completion ?? first.outputText ?? first.text;
    this.#text.add(text(piece) ?? '');
    this.#finishReason =
      text(said.stop_reason) ??
      text(said.completionReason) ??
      text(first.completionReason) ??
      text(first.stop_reason) ??
      this.#finishReason;
    this.#input = count(said.prompt_token_count) ?? count(said.inputTextTokenCount) ?? this.#input;
    this.#output =
      count(said.generation_token_count) ??
      count(said.totalOutputTextTokenCount) ??
      count(first.tokenCount) ??
      this.#output;
    return typeof piece === 'string' && piece !== '';
  }

  done(): void {}

  answer(): Answer {
    const isCounted = this.#input !== undefined || this.#output !== undefined;
    return {
      output: this.#text.chars > 0 ? this.#text.toString() : undefined,
      ...(isCounted && { tokens: { input: this.#input, output: this.#output } }),
      metadata: { finishReason: this.#finishReason },
    };
  }
}

function readEmbeddings(body: unknown): Answer {
  const { embedding, embeddings, inputTextTokenCount } = record(body);
  const found = isRecord(embeddings) ? Object.values(embeddings).find(Array.isArray) : embeddings;
  const vectors = embedding === undefined ? list(found) : [embedding];
  const tokens = count(inputTextTokenCount);
  return {
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: list(vectors[0]).length || undefined,
      },
    }),
  };
}
