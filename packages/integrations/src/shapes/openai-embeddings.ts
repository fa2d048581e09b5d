/** OpenAI's `POST /embeddings`. The vectors are counted, not kept. */

import { list, record, text, without } from '../common/json.js';
import { deploymentOf } from './openai-chat.js';
import { openAITokens } from './openai-usage.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, Shape } from './shape.js';

export const openAIEmbeddings: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) => url.pathname.endsWith('/embeddings') && params.input !== undefined,
  describe: ({ url, params }) => ({
    inputs: { input: params.input },
    model: text(params.model) ?? deploymentOf(url),
    // How the vectors travel is the client's choice, and says nothing of the model.
    modelParameters: without(params, 'model', 'input', 'encoding_format'),
  }),
  reader: ({ params }) => new PlainReader((body) => readEmbeddings(body, params.input)),
};

/** Of an answer that was too long to be kept, the request tells how many vectors it holds. */
function readEmbeddings(body: unknown, input: unknown): Answer {
  const { model, data, usage } = record(body);
  const vectors = list(data);
  return {
    model: text(model),
    tokens: openAITokens(usage),
    fields: {
      embeddingCount: vectors.length > 0 ? vectors.length : inputsIn(input),
      embeddingDimensions: dimensionsOf(record(vectors[0]).embedding),
    },
  };
}

/** A list of numbers is one text in tokens. */
function inputsIn(input: unknown): number {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
}

/** Of a list of numbers, or of base64 of floats of four bytes. */
function dimensionsOf(vector: unknown): number | undefined {
  if (Array.isArray(vector)) return vector.length;
  if (typeof vector !== 'string') return undefined;
  const bytes =
    (vector.length * 3) / 4 - (vector.endsWith('==') ? 2 : vector.endsWith('=') ? 1 : 0);
  return Math.floor(bytes / 4);
}
