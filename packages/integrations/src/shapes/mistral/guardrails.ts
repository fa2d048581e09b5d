/** Mistral's `POST /moderations` and `POST /classifications`. */

import { fieldsExcept, list, record, text } from '../../common/json.js';
import { type PlainAnswer, PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../shape.js';

function guardrail(operation: string, path: RegExp): Shape<'guardrail'> {
  return {
    operation,
    type: 'guardrail',
    matches: ({ url }) => path.test(url.pathname),
    describe: ({ params }) => ({
      inputs: { input: params.input },
      model: text(params.model),
      modelParameters: fieldsExcept(params, 'model', 'input'),
    }),
    reader: () => new PlainReader(readGuardrail),
  };
}

export const mistralModeration = guardrail('Moderation', /\/moderations$/);
export const mistralClassification = guardrail('Classification', /\/classifications$/);

function readGuardrail(body: unknown): PlainAnswer {
  const { model, id, results, usage, ...others } = record(body);
  const found = new Set<string>();
  for (const result of list(results)) {
    for (const [category, is] of Object.entries(record(record(result).categories))) {
      if (is === true) found.add(category);
    }
  }
  const output = list(results);
  return {
    output: output.length === 1 ? output[0] : output.length > 1 ? output : undefined,
    metadata: { model: text(model), responseId: text(id), usage },
    details: fieldsExcept(others, 'error', 'object'),
    fields: { detectedEntities: [...found] },
  };
}
