/** `POST /rerank` of Voyage, Jina, OpenRouter, Together and self-hosted servers, and of Cohere behind a gateway. */

import {
  fieldsExcept,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordSet } from '../common/words.js';
import { cohereBilling } from './cohere/usage.js';
import { OpenAIUsage } from './openai/usage.js';
import { PlainReader } from './reading/plain-reader.js';
import type { ModelResponse, Shape } from './reading/shape.js';
import { UnknownFields } from './reading/unknown-fields.js';

export const rerank: Shape<'retriever'> = {
  operation: 'Rerank',
  type: 'retriever',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/rerank') &&
    (isUnread === true || (params.query !== undefined && documentsIn(params) !== undefined)),
  describe: ({ params }) => ({
    inputs: { query: params.query, documents: documentsIn(params) },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'query', 'documents', 'texts'),
  }),
  reader: () => new PlainReader(readRanking),
};

/** The documents of a request. Hugging Face's server has them under `texts`. */
function documentsIn({ documents, texts }: JsonObject): unknown[] | undefined {
  return [documents, texts].find(Array.isArray);
}

const KNOWN = wordSet('object id model results data usage meta error');

/** Reads an array of results, or an object that has one. */
function readRanking(body: unknown): ModelResponse {
  if (Array.isArray(body)) return { output: body };
  const { results, data, id, model, usage, meta } = objectOrEmpty(body);
  const counted = new OpenAIUsage();
  counted.read(usage);
  const { input, total } = counted.tokens ?? {};
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  return {
    output: results ?? data,
    billing: { ...counted.billing, ...cohereBilling(meta) },
    metadata: {
      model: stringOrUndefined(model),
      responseId: stringOrUndefined(id),
      // Steps of this type have no fields for tokens.
      ...(input === undefined ? { usage } : { promptTokens: input, tokens: total }),
      billedUnits: objectOrEmpty(meta).billed_units,
    },
    details: knownFirst(
      {
        ...(input !== undefined && counted.unknownFields && { usage: counted.unknownFields }),
      },
      unknown.fields,
    ),
  };
}
