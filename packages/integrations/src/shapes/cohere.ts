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
import { freePaths } from './reading/free-paths.js';
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

/** POST paths that cost nothing. */
export const COHERE_FREE: readonly RegExp[] = [
  ...freePaths(`
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
