/** The requests of the Gemini API and of Vertex AI, and their free paths. */

import { geminiGenerate } from './gemini/generate.js';
import { geminiInteraction } from './gemini/interactions.js';
import { geminiEmbed, vertexEmbed, vertexEndpoint, vertexPredict } from './gemini/predict.js';
import { geminiVideo } from './gemini/videos.js';
import { geminiVoice } from './gemini/voices.js';
import { freePaths } from './reading/free-paths.js';
import type { Shape } from './shape.js';

/** Shapes that are recognised on any host. */
export const geminiShapes: readonly Shape[] = [
  geminiGenerate,
  geminiEmbed,
  vertexEmbed,
  vertexEndpoint,
  vertexPredict,
  geminiVideo,
];

/** The shapes of Google's own client. Other services may use these paths for something else. */
export const geminiClientShapes: readonly Shape[] = [
  ...geminiShapes,
  geminiInteraction,
  geminiVoice,
];

/** POST paths of Google's API that are free, or whose cost is recorded when the result is fetched. */
export const GEMINI_FREE = [
  /:(countTokens|computeTokens|cancel|fetchPredictOperation|register|ping|rotateSigningSecret)$/,
  /:(batchGenerateContent|asyncBatchEmbedContent|validateReinforcementTuningReward)$/,
  /\/upload\/[^/]+\/files$/,
  ...freePaths(`
    files
    auth_tokens
    fileSearchStores
    agents
    credentials
    environments
    triggers
    webhooks
    interactions/*/cancel
  `),
];
