/** The requests of Cohere's API. */

import { cohereChat } from './cohere/chat.js';
import { cohereEmbeddings } from './cohere/embeddings.js';
import { cohereGenerate, cohereSummarize } from './cohere/generate.js';
import {
  cohereClassify,
  cohereParse,
  cohereRerank,
  cohereTranscription,
} from './cohere/plain-shapes.js';
import type { Shape } from './shape.js';

export const cohereShapes: readonly Shape[] = [
  cohereChat,
  cohereEmbeddings,
  cohereRerank,
  cohereGenerate,
  cohereSummarize,
  cohereClassify,
  cohereParse,
  cohereTranscription,
];
