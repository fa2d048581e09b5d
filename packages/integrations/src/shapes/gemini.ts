/** The requests of the Gemini API and of Vertex AI, and the paths that are not reported. */

import { geminiGenerate } from './gemini/generate.js';
import { geminiInteraction } from './gemini/interactions.js';
import { geminiEmbed, vertexEmbed, vertexEndpoint, vertexPredict } from './gemini/predict.js';
import { geminiVideo } from './gemini/videos.js';
import { geminiVoice } from './gemini/voices.js';
import type { Shape } from './reading/shape.js';
import { unreportedPaths } from './reading/unreported-paths.js';

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
export const GEMINI_UNREPORTED = [
  /:(countTokens|computeTokens|cancel|fetchPredictOperation|register|ping|rotateSigningSecret)$/,
  /:(batchGenerateContent|asyncBatchEmbedContent|validateReinforcementTuningReward)$/,
  /\/upload\/[^/]+\/files$/,
  ...unreportedPaths(`
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
