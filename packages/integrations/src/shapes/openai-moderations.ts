/** OpenAI's `POST /moderations`. */

import { list, record, text, without } from '../common/json.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, Shape } from './shape.js';

export const openAIModerations: Shape<'guardrail'> = {
  operation: 'Moderation',
  type: 'guardrail',
  matches: ({ url, params }) => url.pathname.endsWith('/moderations') && params.input !== undefined,
  describe: ({ params }) => ({
    inputs: { input: params.input },
    model: text(params.model),
    modelParameters: without(params, 'model', 'input'),
  }),
  reader: () => new PlainReader(readModeration),
};

/** What the app does about it is the app's: no action is told. */
function readModeration(body: unknown): Answer {
  const { model, id, results } = record(body);
  const flagged = new Set<string>();
  const outputs = list(results).map((each) => {
    const { flagged: isFlagged, categories } = record(each);
    const found = Object.entries(record(categories)).filter(([, is]) => is === true);
    for (const [category] of found) flagged.add(category);
    return { flagged: isFlagged, categories: found.map(([category]) => category) };
  });
  return {
    output: outputs.length === 1 ? outputs[0] : outputs,
    metadata: { model: text(model), responseId: text(id) },
    fields: { detectedEntities: [...flagged] },
  };
}
