/** OpenAI's `POST /vector_stores/{id}/search`, and `POST /rerank` of Together and others. */

import { percentDecoded } from '@openlayer-tracing/core/integration';
import { arrayOrEmpty, fieldsExcept, objectOrEmpty, stringOrUndefined } from '../../common/json.js';
import { nameSet } from '../../common/names.js';
import { OtherFacts } from '../reading/other-facts.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelRequest, ModelResponse, Shape } from '../shape.js';
import { OpenAIUsage } from './usage.js';

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

const SEARCHED = nameSet('object data search_query error');

function readSearch(body: unknown): ModelResponse {
  const { data, search_query } = objectOrEmpty(body);
  const facts = new OtherFacts();
  facts.add(objectOrEmpty(body), SEARCHED);
  return {
    output: arrayOrEmpty(data),
    billing: { toolUses: { file_search: 1 } },
    // OpenAI may have rewritten the query.
    details: { ...facts.facts, ...(search_query !== undefined && { search_query }) },
  };
}

export const openAIRerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/rerank') && (isUnread === true || Array.isArray(params.documents)),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: params.documents },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'query', 'documents'),
  }),
  reader: (request) => new PlainReader((body) => readRerank(body, request)),
};

const RANKED = nameSet('object id model results usage error');

function readRerank(body: unknown, { params }: ModelRequest): ModelResponse {
  const { id, model, results } = objectOrEmpty(body);
  const usage = new OpenAIUsage();
  usage.take(objectOrEmpty(body).usage);
  const facts = new OtherFacts();
  facts.add(objectOrEmpty(body), RANKED);
  const { input, total } = usage.tokens ?? {};
  return {
    output: results,
    billing: usage.billing,
    metadata: {
      model: stringOrUndefined(model) ?? stringOrUndefined(params.model),
      responseId: stringOrUndefined(id),
      // Steps of this type have no fields for tokens.
      promptTokens: input,
      tokens: total,
    },
    details: { ...facts.facts, ...(usage.others && { usage: usage.others }) },
  };
}
