/** Google's `POST /voices`. */

import { withoutMedia } from '../../common/content/media.js';
import {
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';
import { interactionBilling, interactionTokens } from './interaction-usage.js';

/** A voice that a model creates from a description or a recording. */
export const geminiVoice: Shape<'chat_completion'> = {
  operation: 'Voice',
  type: 'chat_completion',
  matches: ({ url }) => /\/voices$/.test(url.pathname),
  describe: ({ params }) => {
    const voice = objectOrEmpty(params.voice ?? params);
    return {
      inputs: fieldsExcept(voice, 'model'),
      model: stringOrUndefined(voice.model),
      modelParameters: fieldsExcept(params, 'voice', ...Object.keys(voice)),
    };
  },
  reader: () =>
    new PlainReader((body) => {
      const { usage, model, error: _error, ...voice } = objectOrEmpty(body);
      const counted = isJsonObject(usage) ? usage : undefined;
      return {
        model: stringOrUndefined(model),
        output: Object.keys(voice).length > 0 ? withoutMedia(voice) : undefined,
        tokens: interactionTokens(counted),
        billing: interactionBilling(counted, undefined),
        metadata: { reasoningTokens: countOrUndefined(counted?.total_thought_tokens) },
      };
    }),
};
