/** OpenAI's `POST /moderations`. */

import {
  arrayOrEmpty,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';

export const openAIModerations: Shape<'guardrail'> = {
  operation: 'Moderation',
  type: 'guardrail',
  matches: ({ url, params, isUnread }) =>
    url.pathname.endsWith('/moderations') && (isUnread === true || params.input !== undefined),
  describe: ({ params }) => ({
    inputs: { input: params.input },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'input'),
  }),
  reader: () => new PlainReader(readModeration),
};

const KNOWN = wordSet('model id results error');
const KNOWN_OF_RESULT = wordSet('flagged categories');

/** No action is recorded: the app decides about it. */
function readModeration(body: unknown): ModelResponse {
  const { model, id, results } = objectOrEmpty(body);
  const flagged = new Set<string>();
  const unknown = new UnknownFields();
  unknown.add(objectOrEmpty(body), KNOWN);
  const outputs = arrayOrEmpty(results).map((each) => {
    const { flagged: isFlagged, categories } = objectOrEmpty(each);
    const found = Object.entries(objectOrEmpty(categories)).filter(
      ([, isFound]) => isFound === true,
    );
    for (const [category] of found) flagged.add(category);
    return { flagged: isFlagged, categories: found.map(([category]) => category) };
  });
  const unknownOfResults = arrayOrEmpty(results).map((each) => {
    const unknownOfResult = new UnknownFields();
    unknownOfResult.add(objectOrEmpty(each), KNOWN_OF_RESULT);
    return unknownOfResult.fields;
  });
  const details =
    unknownOfResults.length === 1 ? unknownOfResults[0] : { results: unknownOfResults };
  const common = {
    metadata: { model: stringOrUndefined(model), responseId: stringOrUndefined(id) },
    details: knownFirst(details, unknown.fields),
  };
  if (outputs.length === 0) return common;
  return {
    ...common,
    output: outputs.length === 1 ? outputs[0] : outputs,
    fields: { detectedEntities: [...flagged] },
  };
}
