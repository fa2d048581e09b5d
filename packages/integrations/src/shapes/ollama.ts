/** Ollama's own API; its OpenAI-like one is read as that. */

import { count, type Json, list, record, text, without } from '../common/json.js';
import { Message } from './message.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, AnswerReader, Shape } from './shape.js';

export const ollamaChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    (url.pathname.endsWith('/api/chat') && Array.isArray(params.messages)) ||
    (url.pathname.endsWith('/api/generate') && params.prompt !== undefined),
  describe: ({ params }) => {
    const { messages, system, prompt, tools, options } = params;
    const told = system === undefined ? [] : [{ role: 'system', content: system }];
    const asked = messages ?? [...told, { role: 'user', content: prompt }];
    return {
      inputs: { prompt: asked, ...(tools !== undefined && { tools }) },
      model: text(params.model),
      modelParameters: {
        ...without(params, 'model', 'messages', 'prompt', 'system', 'tools', 'options'),
        ...record(options),
      },
    };
  },
  reader: () => new OllamaReader(),
};

export const ollamaEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /\/api\/embed(dings)?$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { input: params.input ?? params.prompt },
    model: text(params.model),
    modelParameters: without(params, 'model', 'input', 'prompt'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

export const ollamaShapes: readonly Shape[] = [ollamaChat, ollamaEmbed];

class OllamaReader implements AnswerReader {
  isComplete = false;
  readonly tellsItsEnd = true;
  /** Ollama's client stops reading at the last line or an error, before the end of the body. */
  isOver = false;
  failure: unknown = undefined;
  readonly #message = new Message();
  #model: string | undefined;
  #input: number | undefined;
  #output: number | undefined;

  get amount(): number {
    return this.#message.amount;
  }

  whole(body: unknown): void {
    this.event(record(body));
    this.isComplete = true;
  }

  event(chunk: Json): boolean {
    if (chunk.error !== undefined) {
      this.failure = { message: chunk.error };
      this.isOver = true;
    }
    this.#model ??= text(chunk.model);
    this.#input = count(chunk.prompt_eval_count) ?? this.#input;
    this.#output = count(chunk.eval_count) ?? this.#output;
    this.#message.finishReason = text(chunk.done_reason) ?? this.#message.finishReason;
    if (chunk.done === true) this.isComplete = this.isOver = true;
    const said = record(chunk.message);
    const before = this.#message.amount;
    this.#message.text.add(text(said.content) ?? text(chunk.response) ?? '');
    this.#message.reasoning.add(text(said.thinking) ?? text(chunk.thinking) ?? '');
    for (const each of list(said.tool_calls)) {
      const { name, arguments: args } = record(record(each).function);
      this.#message.addTool(undefined, text(name), args);
    }
    return this.#message.amount > before;
  }

  done(): void {}

  answer(): Answer {
    const { output, reasoning, finishReason } = this.#message;
    const isCounted = this.#input !== undefined || this.#output !== undefined;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.chars > 0 ? reasoning.toString() : undefined,
      ...(isCounted && { tokens: { input: this.#input, output: this.#output } }),
      metadata: { finishReason },
    };
  }
}

function readEmbeddings(body: unknown): Answer {
  const { model, embeddings, embedding, prompt_eval_count } = record(body);
  const vectors = embedding === undefined ? list(embeddings) : [embedding];
  const tokens = count(prompt_eval_count);
  return {
    model: text(model),
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: list(vectors[0]).length || undefined,
      },
    }),
  };
}
