/** `POST /rerank` of Cohere, Voyage, Jina, OpenRouter and self-hosted servers. */

import { fieldsExcept, type Json, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import { PlainReader } from './reading/plain-reader.js';
import type { ModelResponse, Shape } from './shape.js';

export const rerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/rerank') &&
    params.query !== undefined &&
    documentsIn(params) !== undefined,
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: documentsIn(params) },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'query', 'documents', 'texts'),
  }),
  reader: () => new PlainReader(readRanking),
};

/** The documents of a request. Hugging Face's server has them under `texts`. */
function documentsIn({ documents, texts }: Json): unknown[] | undefined {
  return [documents, texts].find(Array.isArray);
}

/** Reads an array of results, or an object that has one. */
function readRanking(body: unknown): ModelResponse {
  if (Array.isArray(body)) return { output: body };
  const {
    results,
    data,
    id,
    usage,
    meta,
    model: _model,
    object: _object,
    ...others
  } = objectOrEmpty(body);
  return {
    output: results ?? data,
    metadata: {
      responseId: stringOrUndefined(id),
      usage,
      billedUnits: objectOrEmpty(meta).billed_units,
    },
    details: fieldsExcept(others, 'error'),
  };
}
