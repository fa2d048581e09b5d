import {
  arrayOrEmpty,
  definedFields,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { billedTokens, cohereBilling, cohereMeta, cohereWarnings } from './usage.js';

export const cohereClassify: Shape<'guardrail'> = {
  operation: 'Classification',
  type: 'guardrail',
  matches: ({ url }) => url.pathname.endsWith('/v1/classify'),
  describe: ({ params }) => ({
    inputs: definedFields({ input: params.inputs, examples: params.examples }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'inputs', 'examples'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, classifications, meta, ...unknown } = objectOrEmpty(body);
      return {
        output: arrayOrEmpty(classifications).length > 0 ? classifications : undefined,
        billing: cohereBilling(meta),
        metadata: { responseId: stringOrUndefined(id), ...billedTokens(meta), ...cohereMeta(meta) },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(unknown, 'error')),
      };
    }),
};
