/** Ollama's own API. Requests of its OpenAI-like API are recognised as OpenAI's. */

import { withoutMedia } from '../common/content/media.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordArray, wordSet } from '../common/words.js';
import { dimensionsOf } from './reading/dimensions.js';
import { Message } from './reading/message.js';
import { PlainReader, type PlainResponse } from './reading/plain-reader.js';
import type { ModelResponse, ResponseReader, Shape } from './reading/shape.js';
import { UnknownFields } from './reading/unknown-fields.js';

const ollamaChat: Shape<'chat_completion'> = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    // Apps have such paths too, but their requests name no model.
    (url.pathname.endsWith('/api/chat') &&
      Array.isArray(params.messages) &&
      params.model !== undefined) ||
    (url.pathname.endsWith('/api/generate') && params.prompt !== undefined),
  describe: ({ params }) => {
    const { messages, system, prompt, suffix, images, tools, options } = params;
    const systemMessages = system === undefined ? [] : [{ role: 'system', content: system }];
    const userMessage = { role: 'user', content: prompt, ...(images !== undefined && { images }) };
    return {
      inputs: {
        prompt: messages ?? [...systemMessages, userMessage],
        ...(suffix !== undefined && { suffix }),
        ...(tools !== undefined && { tools }),
      },
      model: stringOrUndefined(params.model),
      modelParameters: {
        ...fieldsExcept(
          params,
          ...wordArray('model messages prompt suffix images system tools options'),
          // The conversation so far, encoded for the model.
          'context',
        ),
        ...objectOrEmpty(options),
      },
    };
  },
  reader: () => new OllamaReader(),
};

const ollamaEmbed: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /\/api\/embed(dings)?$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { input: params.input ?? params.prompt },
    model: stringOrUndefined(params.model),
    modelParameters: {
      ...fieldsExcept(params, 'model', 'input', 'prompt', 'options'),
      ...objectOrEmpty(params.options),
    },
  }),
  reader: () => new PlainReader(readEmbeddings),
};

/** Questions about a state, which a model answers with choices and scores. */
export const ollamaSystemOne: Shape<'chat_completion'> = {
  operation: 'System One',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v1/systemone'),
  describe: ({ params }) => ({
    inputs: { state: params.state, questions: params.questions },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'state', 'questions'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { model, answers, usage, ...unknown } = objectOrEmpty(body);
      const { input_tokens, output_tokens, ...unknownUsage } = objectOrEmpty(usage);
      return {
        model: stringOrUndefined(model),
        output: answers,
        tokens: { input: countOrUndefined(input_tokens), output: countOrUndefined(output_tokens) },
        metadata: { otherUsage: nonEmptyObjectOrUndefined(unknownUsage) },
        details: fieldsExcept(unknown, 'error'),
      };
    }),
};

function webShape(operation: string, path: RegExp, inputs: readonly string[]): Shape<'retriever'> {
  return {
    operation,
    type: 'retriever',
    matches: ({ url }) => path.test(url.pathname),
    describe: ({ params }) => ({
      inputs: fieldsNamed(params, inputs),
      modelParameters: fieldsExcept(params, ...inputs),
    }),
    reader: () =>
      new PlainReader((body) => {
        const { results, ...page } = objectOrEmpty(body);
        return {
          output: results ?? fieldsExcept(page, 'error'),
          ...(results !== undefined && { details: fieldsExcept(page, 'error') }),
        };
      }),
  };
}

const ollamaWebSearch = webShape('Web Search', /\/api\/web_search$/, ['query']);
const ollamaWebFetch = webShape('Web Fetch', /\/api\/web_fetch$/, ['url']);

/** Shapes that are recognised on any host. */
export const ollamaShapes: readonly Shape[] = [ollamaChat, ollamaEmbed];

/** The shapes of Ollama's own client. Other services may use these paths for something else. */
export const ollamaClientShapes: readonly Shape[] = [
  ...ollamaShapes,
  ollamaSystemOne,
  ollamaWebSearch,
  ollamaWebFetch,
];

/** `context` is the conversation encoded for the model; `completed` and `total` are the progress of an image. */
const KNOWN = wordSet(`
  model created_at message response thinking done done_reason error prompt_eval_count eval_count
  image context completed total
`);
const KNOWN_OF_MESSAGE = wordSet('role content thinking tool_calls images');

class OllamaReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  /** Ollama's client stops reading at the last line or an error, before the end of the body. */
  isOver = false;
  failure: unknown = undefined;
  readonly #message = new Message();
  readonly #unknown = new UnknownFields();
  #model: string | undefined;
  #input: number | undefined;
  #output: number | undefined;
  #images = 0;

  get amount(): number {
    return this.#message.amount;
  }

  readWhole(body: unknown): void {
    const response = objectOrEmpty(body);
    this.readEvent(response);
    if (response.done !== false) this.isComplete = true;
  }

  readEvent(chunk: JsonObject): boolean {
    if (chunk.error !== undefined && chunk.error !== null) {
      this.failure = isJsonObject(chunk.error) ? chunk.error : { message: chunk.error };
      this.isOver = true;
    }
    this.#model ??= stringOrUndefined(chunk.model);
    this.#input = countOrUndefined(chunk.prompt_eval_count) ?? this.#input;
    this.#output = countOrUndefined(chunk.eval_count) ?? this.#output;
    this.#message.setFinishReason(stringOrUndefined(chunk.done_reason) || undefined);
    if (chunk.done === true) this.isComplete = this.isOver = true;
    const message = objectOrEmpty(chunk.message);
    const before = this.#message.amount;
    this.#message.text.add(
      stringOrUndefined(message.content) ?? stringOrUndefined(chunk.response) ?? '',
    );
    this.#message.reasoning.add(
      stringOrUndefined(message.thinking) ?? stringOrUndefined(chunk.thinking) ?? '',
    );
    for (const each of arrayOrEmpty(message.tool_calls)) this.#readCall(objectOrEmpty(each));
    for (const image of [...arrayOrEmpty(message.images), ...(chunk.image ? [chunk.image] : [])]) {
      this.#images++;
      this.#message.addPart(withoutMedia({ image, mimeType: 'image' }));
    }
    this.#unknown.add(chunk, KNOWN);
    this.#unknown.add(message, KNOWN_OF_MESSAGE);
    return this.#message.amount > before;
  }

  endOfEvents(): void {}

  response(): ModelResponse {
    const { output, reasoning, finishReason } = this.#message;
    const isCounted = this.#input !== undefined || this.#output !== undefined;
    return {
      model: this.#model,
      output,
      reasoning: reasoning.textOrUndefined,
      ...(isCounted && { tokens: { input: this.#input, output: this.#output } }),
      ...(this.#images > 0 && { billing: { pictures: this.#images } }),
      metadata: { finishReason },
      details: this.#unknown.fields,
    };
  }

  #readCall(call: JsonObject): void {
    const { id, function: called, ...unknown } = call;
    const { name, arguments: args, index: _index, ...unknownOfCalled } = objectOrEmpty(called);
    const unknownOfCall = { ...fieldsExcept(unknown, 'type'), ...unknownOfCalled };
    this.#message.addTool(
      stringOrUndefined(id) || undefined,
      stringOrUndefined(name),
      args ?? {},
      nonEmptyObjectOrUndefined(unknownOfCall),
    );
  }
}

function readEmbeddings(body: unknown): PlainResponse {
  const { model, embeddings, embedding, prompt_eval_count, ...unknown } = objectOrEmpty(body);
  const vectors = embedding === undefined ? arrayOrEmpty(embeddings) : [embedding];
  const tokens = countOrUndefined(prompt_eval_count);
  return {
    model: stringOrUndefined(model),
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    details: fieldsExcept(unknown, 'error'),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: dimensionsOf(vectors[0]) || undefined,
      },
    }),
  };
}
