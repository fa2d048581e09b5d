/** Hugging Face's `POST /models/<model>` and its text generation server. Its chats have OpenAI's form. */

import { percentDecoded, type TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordArray } from '../common/words.js';
import { CollectedText } from './reading/collected-text.js';
import { PlainReader } from './reading/plain-reader.js';
import type {
  Description,
  ModelRequest,
  ModelResponse,
  ResponseReader,
  Shape,
} from './reading/shape.js';

const TASK = /\/models\/([^:]+?)(?:\/pipeline\/([\w-]+))?$/;
const GENERATE = /\/generate(_stream)?$/;
const EMBEDDING = 'feature-extraction';

const huggingFaceEmbedding: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) => taskOf(url) === EMBEDDING && params.inputs !== undefined,
  describe: (request) => ({
    ...describeTask(request),
    inputs: { input: request.params.inputs },
  }),
  reader: ({ params }) => new PlainReader((body) => readVectors(body, params.inputs)),
};

const huggingFaceTask: Shape<'chat_completion'> = {
  operation: 'Inference',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    (TASK.test(url.pathname) || GENERATE.test(url.pathname)) && params.inputs !== undefined,
  describe: describeTask,
  reader: () => new TaskReader(),
};

export const huggingFaceShapes: readonly Shape[] = [huggingFaceEmbedding, huggingFaceTask];

function taskOf(url: URL): string | undefined {
  return TASK.exec(url.pathname)?.[2];
}

function describeTask({ url, params }: ModelRequest): Description {
  const { inputs, parameters, options } = params;
  const model = TASK.exec(url.pathname)?.[1];
  return {
    inputs:
      typeof inputs === 'string' ? { prompt: [{ role: 'user', content: inputs }] } : { inputs },
    ...(model !== undefined && { model: percentDecoded(model) }),
    modelParameters: {
      ...definedFields({ task: taskOf(url) }),
      ...objectOrEmpty(parameters),
      ...objectOrEmpty(options),
      ...fieldsExcept(params, 'inputs', 'parameters', 'options'),
    },
  };
}

/** A body with one vector, one for each text, or one for each token of each text. */
function readVectors(body: unknown, inputs: unknown): ModelResponse {
  let vector: unknown = body;
  while (Array.isArray(vector) && Array.isArray(vector[0])) vector = vector[0];
  return {
    fields: {
      embeddingCount: Array.isArray(inputs) ? inputs.length : 1,
      embeddingDimensions: arrayOrEmpty(vector).length || undefined,
    },
  };
}

/** Reads the response of a task: a generated text, whole or token by token, or any other body unchanged. */
class TaskReader implements ResponseReader {
  isComplete = false;
  failure: unknown = undefined;
  readonly #text = new CollectedText();
  #whole: unknown;
  #details: JsonObject = {};

  get amount(): number {
    return this.#text.chars + (this.#whole === undefined ? 0 : 1);
  }

  readWhole(body: unknown): void {
    const [first, ...others] = Array.isArray(body) ? body : [body];
    const { generated_text, details, error } = objectOrEmpty(first);
    if (error !== undefined) this.failure = error;
    this.#whole = typeof generated_text === 'string' && others.length === 0 ? generated_text : body;
    this.#details = objectOrEmpty(details);
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    if (event.error !== undefined && event.error !== null) this.failure = event;
    const { text: piece, special } = objectOrEmpty(event.token);
    if (typeof event.generated_text === 'string') this.isComplete = true;
    if (isJsonObject(event.details)) this.#details = event.details;
    if (typeof piece !== 'string' || special === true) return false;
    this.#text.add(piece);
    return true;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    return {
      output: this.#whole ?? this.#text.textOrUndefined,
      tokens: this.#tokens,
      metadata: { finishReason: stringOrUndefined(this.#details.finish_reason) },
      details: fieldsExcept(
        this.#details,
        ...wordArray('finish_reason generated_tokens prefill input_length'),
      ),
    };
  }

  get #tokens(): TokenCounts | undefined {
    const output = countOrUndefined(this.#details.generated_tokens);
    const prefill = arrayOrEmpty(this.#details.prefill).length;
    const input =
      countOrUndefined(this.#details.input_length) ?? (prefill > 0 ? prefill : undefined);
    return input === undefined && output === undefined ? undefined : { input, output };
  }
}
