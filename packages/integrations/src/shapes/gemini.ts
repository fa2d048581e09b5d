/** Google's `models/...:generateContent` and its like, of the Gemini API and of Vertex AI. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, isRecord, type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, AnswerReader, Description, ModelRequest, Shape } from './shape.js';

const GENERATE = /\/models\/([^/:]+):(streamGenerateContent|generateContent)$/;
const EMBED = /\/models\/([^/:]+):(embedContent|batchEmbedContents|predict)$/;

export const geminiGenerate: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) => GENERATE.test(url.pathname) && params.contents !== undefined,
  describe: describeContents,
  reader: () => new GeminiReader(),
};

export const geminiEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) =>
    EMBED.test(url.pathname) && (params.content !== undefined || params.requests !== undefined),
  describe: ({ url, params }) => ({
    inputs: { input: params.content ?? list(params.requests).map((each) => record(each).content) },
    model: EMBED.exec(url.pathname)?.[1],
    modelParameters: without(params, 'model', 'content', 'requests'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

export const geminiShapes: readonly Shape[] = [geminiGenerate, geminiEmbed];

function describeContents({ url, params }: ModelRequest): Description {
  const { contents, systemInstruction, tools, generationConfig, ...others } = params;
  const told =
    systemInstruction === undefined ? [] : [{ role: 'system', ...messageOf(systemInstruction) }];
  const asked = list(contents).map((each) => ({
    role: record(each).role ?? 'user',
    ...messageOf(each),
  }));
  return {
    inputs: { prompt: [...told, ...asked], ...(tools !== undefined && { tools }) },
    model: GENERATE.exec(url.pathname)?.[1],
    modelParameters: { ...record(generationConfig), ...without(others, 'model') },
  };
}

/** Texts alone as one text, other parts as they are. */
function messageOf(content: unknown): { content: unknown } {
  const parts = list(record(content).parts);
  const texts = parts.map((part) => text(record(part).text));
  return { content: texts.every((each) => each !== undefined) ? texts.join('') : parts };
}

class GeminiReader implements AnswerReader {
  isComplete = false;
  failure: unknown = undefined;
  readonly #message = new Message();
  #model: string | undefined;
  #id: string | undefined;
  #tokens: TokenCounts | undefined;
  #reasoningTokens: number | undefined;

  /** Google's client stops reading at an error. */
  get isOver(): boolean {
    return this.failure !== undefined;
  }

  get amount(): number {
    return this.#message.amount;
  }

  /** A stream that was not asked for as events comes as one list of its chunks. */
  whole(body: unknown): void {
    for (const chunk of Array.isArray(body) ? body : [body]) this.event(record(chunk));
    this.isComplete = true;
  }

  event(chunk: Json): boolean {
    if (chunk.error !== undefined) this.failure = chunk.error;
    this.#model = text(chunk.modelVersion) ?? this.#model;
    this.#id = text(chunk.responseId) ?? this.#id;
    this.#takeUsage(chunk.usageMetadata);
    const candidate = record(list(chunk.candidates)[0]);
    const before = this.#message.amount;
    for (const part of list(record(candidate.content).parts)) takePart(this.#message, record(part));
    const finishReason = text(candidate.finishReason);
    if (finishReason !== undefined) {
      this.#message.finishReason = finishReason;
      this.isComplete = true;
    }
    return this.#message.amount > before;
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      tokens: this.#tokens,
      metadata: { responseId: this.#id, finishReason, reasoningTokens: this.#reasoningTokens },
    };
  }

  /** What the model thought is counted beside what it said, and priced alike. */
  #takeUsage(usage: unknown): void {
    if (!isRecord(usage)) return;
    const said = count(usage.candidatesTokenCount);
    const thought = count(usage.thoughtsTokenCount);
    const asked = count(usage.promptTokenCount);
    this.#reasoningTokens = thought;
    this.#tokens = {
      // What tools of Google's own found is read, too.
      input: asked === undefined ? undefined : asked + (count(usage.toolUsePromptTokenCount) ?? 0),
      output:
        said === undefined && thought === undefined ? undefined : (said ?? 0) + (thought ?? 0),
      total: count(usage.totalTokenCount),
      cached: count(usage.cachedContentTokenCount),
    };
  }
}

function takePart(message: Message, part: Json): void {
  if (typeof part.text === 'string') {
    (part.thought === true ? message.reasoning : message.text).add(part.text);
  } else if (isRecord(part.functionCall)) {
    const { id, name, args } = part.functionCall;
    message.addTool(text(id), text(name), args);
  } else if (Object.keys(part).length > 0) {
    message.others.push(part);
  }
}

function readEmbeddings(body: unknown): Answer {
  const { embedding, embeddings, usageMetadata } = record(body);
  const vectors = embedding === undefined ? list(embeddings) : [embedding];
  const tokens = count(record(usageMetadata).promptTokenCount);
  return {
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: list(record(vectors[0]).values).length || undefined,
      },
    }),
  };
}
