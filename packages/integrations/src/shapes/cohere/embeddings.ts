/** Cohere's embeddings of texts and images. */

import {
  arrayOrEmpty,
  fieldsExcept,
  isJsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { dimensionsOf } from '../reading/dimensions.js';
import { PlainReader, type PlainResponse } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { cohereBilling, cohereMeta, cohereTokens, cohereWarnings } from './usage.js';

export const cohereEmbeddings: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url }) => /\/v[12]\/embed$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { input: params.texts ?? params.inputs ?? params.images },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'texts', 'inputs', 'images'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

/** The vectors are grouped by the type of their numbers, or not grouped. */
function readEmbeddings(body: unknown): PlainResponse {
  const { id, embeddings, meta, texts: _texts, ...unknown } = objectOrEmpty(body);
  const kinds = isJsonObject(embeddings)
    ? Object.entries(embeddings)
    : [['float', embeddings] as const];
  const [kind, vectors] = kinds.find(([, all]) => arrayOrEmpty(all).length > 0) ?? ['float', []];
  const tokens = cohereTokens(meta);
  const dimensions = dimensionsOf(arrayOrEmpty(vectors)[0]);
  return {
    ...(tokens !== undefined && { tokens: { ...tokens, total: tokens.input } }),
    billing: cohereBilling(meta),
    metadata: { responseId: stringOrUndefined(id), ...cohereMeta(meta) },
    details: knownFirst(cohereWarnings(meta), fieldsExcept(unknown, 'error', 'response_type')),
    ...(arrayOrEmpty(vectors).length > 0 && {
      fields: {
        embeddingCount: arrayOrEmpty(vectors).length,
        // Eight bits are packed in a byte.
        embeddingDimensions: dimensions && (/binary$/.test(kind) ? dimensions * 8 : dimensions),
      },
    }),
  };
}
