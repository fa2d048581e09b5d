/** OpenAI's `POST /decisions`: questions about an input, each answered by a probability, a choice or a score. */

import { fieldsExcept, knownFirst, objectOrEmpty, stringOrUndefined } from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { deploymentOf } from './chat.js';
import { OpenAIUsage } from './usage.js';

export const openAIDecisions: Shape<'chat_completion'> = {
  operation: 'Decision',
  type: 'chat_completion',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/decisions') && (isUnread === true || Array.isArray(params.questions)),
  describe: ({ url, params }) => ({
    inputs: { prompt: params.input, questions: params.questions },
    model: stringOrUndefined(params.model) || deploymentOf(url),
    modelParameters: fieldsExcept(params, 'model', 'input', 'questions'),
  }),
  reader: () => new PlainReader(readDecision),
};

const KNOWN = wordSet('object id created_at answers model usage error');

function readDecision(body: unknown): ModelResponse {
  const { answers, model, id } = objectOrEmpty(body);
  const usage = new OpenAIUsage();
  usage.read(objectOrEmpty(body).usage);
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  return {
    model: stringOrUndefined(model),
    output: answers,
    tokens: usage.tokens,
    billing: usage.billing,
    metadata: { responseId: stringOrUndefined(id), reasoningTokens: usage.reasoningTokens },
    details: knownFirst(usage.unknownFields && { usage: usage.unknownFields }, unknown.fields),
  };
}
