/** OpenAI's `POST /embeddings`. Only the number and the dimensions of the vectors are recorded. */

import {
  arrayOrEmpty,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { dimensionsOf } from '../reading/dimensions.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { deploymentOf } from './chat.js';
import { OpenAIUsage, tokensOfInput } from './usage.js';

export const openAIEmbeddings: Shape<'embedding'> = {
  operation: 'Embedding',
  type: 'embedding',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/embeddings') && (isUnread === true || params.input !== undefined),
  describe: ({ url, params }) => ({
    inputs: { input: params.input },
    model: stringOrUndefined(params.model) || deploymentOf(url),
    // The client chooses the encoding of the vectors.
    modelParameters: fieldsExcept(params, 'model', 'input', 'encoding_format'),
  }),
  reader: () => new PlainReader(readEmbeddings),
};

const KNOWN = wordSet('object data model usage error');

function readEmbeddings(body: unknown): ModelResponse {
  const { model, data } = objectOrEmpty(body);
  const usage = new OpenAIUsage();
  usage.read(objectOrEmpty(body).usage);
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  const vectors = arrayOrEmpty(data);
  return {
    model: stringOrUndefined(model),
    tokens: tokensOfInput(usage.tokens),
    billing: usage.billing,
    details: knownFirst(usage.unknownFields && { usage: usage.unknownFields }, unknown.fields),
    fields: {
      embeddingCount: Array.isArray(data) ? vectors.length : undefined,
      embeddingDimensions: dimensionsOf(objectOrEmpty(vectors[0]).embedding),
    },
  };
}
