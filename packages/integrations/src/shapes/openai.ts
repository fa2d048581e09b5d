/** All that OpenAI's API and those like it exchange with models. */

import { openAIChat } from './openai-chat.js';
import { openAICompletions } from './openai-completions.js';
import { openAIEmbeddings } from './openai-embeddings.js';
import { openAIImages, openAISpeech, openAITranscription } from './openai-media.js';
import { openAIModerations } from './openai-moderations.js';
import { openAIResponses } from './openai-responses.js';
import type { Shape } from './shape.js';

export const openAIShapes: readonly Shape[] = [
  openAIChat,
  openAIResponses,
  openAIEmbeddings,
  openAICompletions,
  openAIImages,
  openAISpeech,
  openAITranscription,
  openAIModerations,
];
