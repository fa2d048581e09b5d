/** OpenAI's `POST /moderations`. */

import {
  arrayOrEmpty,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameSet } from '../../common/names.js';
import { OtherFacts } from '../reading/other-facts.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../shape.js';

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

const READ = nameSet('model id results error');
const READ_OF_RESULT = nameSet('flagged categories');

/** No action is recorded: the app decides about it. */
function readModeration(body: unknown): ModelResponse {
  const { model, id, results } = objectOrEmpty(body);
  const flagged = new Set<string>();
  const facts = new OtherFacts();
  facts.add(objectOrEmpty(body), READ);
  const outputs = arrayOrEmpty(results).map((each) => {
    const { flagged: isFlagged, categories } = objectOrEmpty(each);
    const found = Object.entries(objectOrEmpty(categories)).filter(
      ([, isFound]) => isFound === true,
    );
    for (const [category] of found) flagged.add(category);
    return { flagged: isFlagged, categories: found.map(([category]) => category) };
  });
  const others = arrayOrEmpty(results).map((each) => {
    const rest = new OtherFacts();
    rest.add(objectOrEmpty(each), READ_OF_RESULT);
    return rest.facts;
  });
  const details = others.length === 1 ? others[0] : { results: others };
  const common = {
    metadata: { model: stringOrUndefined(model), responseId: stringOrUndefined(id) },
    details: knownFirst(details, facts.facts),
  };
  if (outputs.length === 0) return common;
  return {
    ...common,
    output: outputs.length === 1 ? outputs[0] : outputs,
    fields: { detectedEntities: [...flagged] },
  };
}
