/** Cohere's rerankings: which of some documents answer a question. */

import { record, text, without } from '../common/json.js';
import { PlainReader } from './plain-reader.js';
import type { Shape } from './shape.js';

export const cohereRerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params }) =>
    /\/v[12]\/rerank$/.test(url.pathname) && Array.isArray(params.documents),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: params.documents },
    model: text(params.model),
    modelParameters: {},
  }),
  reader: ({ params }) =>
    new PlainReader((body) => ({
      output: record(body).results,
      metadata: {
        ...without(params, 'model', 'query', 'documents'),
        responseId: text(record(body).id),
        billedUnits: record(record(body).meta).billed_units,
      },
    })),
};
