/** OpenAI's images and audio. Pictures and sounds are named, not kept. */

import { isRecord, list, record, text, without } from '../common/json.js';
import { nameMedia } from '../common/media.js';
import { deploymentOf } from './openai-chat.js';
import { openAITokens } from './openai-usage.js';
import { PlainReader } from './plain-reader.js';
import type { Answer, Shape } from './shape.js';

/** What goes in; all else are parameters. */
const CONTENT = ['prompt', 'image', 'mask', 'input', 'instructions', 'file'] as const;

function mediaShape(
  operation: string,
  path: RegExp,
  read: (body: unknown) => Answer,
): Shape<'chat_completion'> {
  return {
    operation,
    type: 'chat_completion',
    matches: ({ url }) => path.test(url.pathname),
    describe: ({ url, params }) => ({
      inputs: Object.fromEntries(
        CONTENT.filter((key) => params[key] !== undefined).map((key) => [key, params[key]]),
      ),
      model: text(params.model) ?? deploymentOf(url),
      modelParameters: without(params, 'model', ...CONTENT),
    }),
    reader: () => new PlainReader(read),
  };
}

export const openAIImages = mediaShape(
  'Image',
  /\/images\/(generations|edits|variations)$/,
  (body) => {
    const { data, usage } = record(body);
    return {
      output: list(data).map((image) => nameMedia(image)),
      tokens: openAITokens(usage),
    };
  },
);

export const openAISpeech = mediaShape('Speech', /\/audio\/speech$/, (body) => ({
  output: isRecord(body) ? undefined : body,
  tokens: isRecord(body) ? openAITokens(body.usage) : undefined,
}));

export const openAITranscription = mediaShape(
  'Transcription',
  /\/audio\/(transcriptions|translations)$/,
  (body) => {
    if (!isRecord(body)) return { output: text(body)?.trimEnd() };
    const said = text(body.text);
    return {
      ...(said !== undefined && { output: said }),
      tokens: openAITokens(body.usage),
    };
  },
);
