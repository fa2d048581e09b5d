import { fieldsExcept, knownFirst, objectOrEmpty, stringOrUndefined } from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { billedTokens, cohereBilling, cohereMeta, cohereWarnings } from './usage.js';

export const cohereRerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url }) => /\/v[12]\/rerank$/.test(url.pathname),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: params.documents },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'query', 'documents'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, results, meta, ...unknown } = objectOrEmpty(body);
      return {
        output: results,
        billing: cohereBilling(meta),
        metadata: {
          responseId: stringOrUndefined(id),
          ...billedTokens(meta),
          ...cohereMeta(meta),
        },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(unknown, 'error')),
      };
    }),
};
