import {
  definedFields,
  fieldsExcept,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { Shape } from '../reading/shape.js';

export const cohereTranscription: Shape<'chat_completion'> = {
  operation: 'Transcription',
  type: 'chat_completion',
  matches: ({ url }) => url.pathname.endsWith('/v2/audio/transcriptions'),
  describe: ({ params }) => ({
    inputs: definedFields({ file: params.file }),
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'file'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { text: transcript, ...unknown } = objectOrEmpty(body);
      return { output: stringOrUndefined(transcript), details: fieldsExcept(unknown, 'error') };
    }),
};
