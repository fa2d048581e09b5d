import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { cohereBilling, cohereMeta, cohereTokens, cohereWarnings } from './usage.js';

/** Parsing of documents, which is billed by the page. */
export const cohereParse: Shape<'chat_completion'> = {
  operation: 'Parse',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v2/parse'),
  describe: ({ params }) => ({
    inputs: { document: params.document },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'document'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { id, pages, meta, ...unknown } = objectOrEmpty(body);
      return {
        output: arrayOrEmpty(pages).length > 0 ? withoutMedia(pages) : undefined,
        tokens: cohereTokens(meta),
        billing: cohereBilling(meta),
        metadata: { responseId: stringOrUndefined(id), ...cohereMeta(meta) },
        details: knownFirst(cohereWarnings(meta), fieldsExcept(unknown, 'error')),
      };
    }),
};
