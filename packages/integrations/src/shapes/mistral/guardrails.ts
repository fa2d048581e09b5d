/** Mistral's `POST /moderations` and `POST /classifications`. */

import { arrayOrEmpty, fieldsExcept, objectOrEmpty, stringOrUndefined } from '../../common/json.js';
import { PlainReader, type PlainResponse } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';

function guardrail(operation: string, path: RegExp): Shape<'guardrail'> {
  return {
    operation,
    type: 'guardrail',
    matches: ({ url }) => path.test(url.pathname),
    describe: ({ params }) => ({
      inputs: { input: params.input },
      model: stringOrUndefined(params.model),
      modelParameters: fieldsExcept(params, 'model', 'input'),
    }),
    reader: () => new PlainReader(readGuardrail),
  };
}

export const mistralModeration = guardrail('Moderation', /\/moderations$/);
export const mistralClassification = guardrail('Classification', /\/classifications$/);

function readGuardrail(body: unknown): PlainResponse {
  const { model, id, results, usage, ...unknown } = objectOrEmpty(body);
  const found = new Set<string>();
  for (const result of arrayOrEmpty(results)) {
    for (const [category, isFound] of Object.entries(
      objectOrEmpty(objectOrEmpty(result).categories),
    )) {
      if (isFound === true) found.add(category);
    }
  }
  const output = arrayOrEmpty(results);
  return {
    output: output.length === 1 ? output[0] : output.length > 1 ? output : undefined,
    metadata: { model: stringOrUndefined(model), responseId: stringOrUndefined(id), usage },
    details: fieldsExcept(unknown, 'error', 'object'),
    fields: { detectedEntities: [...found] },
  };
}
