/** The requests of Cohere's API. */

import { cohereChat } from './cohere/chat.js';
import { cohereClassify } from './cohere/classification.js';
import { cohereEmbeddings } from './cohere/embeddings.js';
import { cohereGenerate, cohereSummarize } from './cohere/generate.js';
import { cohereParse } from './cohere/parse.js';
import { cohereRerank } from './cohere/rerank.js';
import { cohereTranscription } from './cohere/transcription.js';
import type { Shape } from './reading/shape.js';
import { unreportedPaths } from './reading/unreported-paths.js';

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

/** POST paths that cost nothing. */
export const COHERE_UNREPORTED: readonly RegExp[] = [
  ...unreportedPaths(`
    tokenize
    detokenize
    check-api-key
    connectors
    connectors/**
    datasets
    embed-jobs/*/cancel
  `),
  /:cancel$/,
];
