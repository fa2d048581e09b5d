/** Voyage's embeddings of texts with images and videos, and of chunks within their documents. Those of texts have OpenAI's form. */

import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { dimensionsOf } from './reading/dimensions.js';
import { PlainReader } from './reading/plain-reader.js';
import type { ModelResponse, Shape } from './reading/shape.js';

export const voyageEmbeddings: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params }) =>
    /\/(multimodal|contextualized)embeddings$/.test(url.pathname) && Array.isArray(params.inputs),
  describe: ({ params }) => ({
    inputs: { input: params.inputs },
    model: stringOrUndefined(params.model),
    // The client chooses the encoding of the vectors.
    modelParameters: fieldsExcept(params, 'model', 'inputs', 'encoding_format', 'output_encoding'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

function readEmbeddings(body: unknown): ModelResponse {
  const { data, model, usage, object: _object, ...unknown } = objectOrEmpty(body);
  const vectors = vectorsIn(data);
  const { total_tokens, ...unknownUsage } = objectOrEmpty(usage);
  const tokens = countOrUndefined(total_tokens);
  return {
    model: stringOrUndefined(model),
    ...(tokens !== undefined && { tokens: { input: tokens, total: tokens } }),
    ...(vectors.length > 0 && {
      fields: {
        embeddingCount: vectors.length,
        embeddingDimensions: dimensionsOf(vectors[0]) || undefined,
      },
    }),
    // Tokens of texts, and pixels of images and videos.
    ...(Object.keys(unknownUsage).length > 0 && { metadata: { usage: unknownUsage } }),
    details: fieldsExcept(unknown, 'error'),
  };
}

/** All vectors. Those of chunks are grouped in an array for each document. */
function vectorsIn(data: unknown): unknown[] {
  return arrayOrEmpty(data).flatMap((each) => {
    const item = objectOrEmpty(each);
    return Array.isArray(item.data) ? vectorsIn(item.data) : [item.embedding];
  });
}
