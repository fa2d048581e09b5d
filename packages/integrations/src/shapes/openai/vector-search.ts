/** OpenAI's `POST /vector_stores/{id}/search`. */

import { percentDecoded } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';

const SEARCH = /\/vector_stores\/([^/]+)\/search$/;

export const openAIVectorSearch: Shape<'retriever'> = {
  operation: 'Vector Store Search',
  type: 'retriever',
  matches: ({ url }) => SEARCH.test(url.pathname),
  describe: ({ url, params }) => ({
    inputs: {
      query: params.query,
      vectorStore: percentDecoded(SEARCH.exec(url.pathname)?.[1] ?? ''),
    },
    modelParameters: fieldsExcept(params, 'query'),
  }),
  reader: () => new PlainReader(readSearch),
};

const KNOWN = wordSet('object data search_query error');

function readSearch(body: unknown): ModelResponse {
  const { data, search_query } = objectOrEmpty(body);
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  return {
    output: arrayOrEmpty(data),
    billing: { toolUses: { file_search: 1 } },
    // OpenAI may have rewritten the query.
    details: knownFirst(definedFields({ search_query }), unknown.fields),
  };
}
