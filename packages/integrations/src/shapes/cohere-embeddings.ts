/** Cohere's embeddings. */

import { count, isRecord, list, record, text, without } from '../common/json.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, Shape } from './shape.js';

export const cohereEmbeddings: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /\/v[12]\/embed$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { input: params.texts ?? params.inputs ?? params.images },
    model: text(params.model),
    modelParameters: without(params, 'model', 'texts', 'inputs', 'images'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

/** Vectors stand by the type of their numbers, or alone. */
function readEmbeddings(body: unknown): Answer {
  const { embeddings, meta } = record(body);
  const vectors = isRecord(embeddings) ? Object.values(embeddings).find(Array.isArray) : embeddings;
  const tokens = count(record(record(meta).billed_units).input_tokens);
  const first = list(vectors)[0];
  return {
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(list(vectors).length > 0 && {
      fields: {
        embeddingCount: list(vectors).length,
        embeddingDimensions: Array.isArray(first) ? first.length : undefined,
      },
    }),
  };
}
