/** All known kinds of requests, for fetches that are used with any client. */

import { providerOf } from '../common/providers.js';
import { anthropicShapes } from './anthropic.js';
import { bedrockConverse } from './bedrock/converse.js';
import { bedrockInvoke } from './bedrock/invoke.js';
import { cohereChat } from './cohere/chat.js';
import { cohereShapes } from './cohere.js';
import { geminiClientShapes, geminiShapes } from './gemini.js';
import { huggingFaceShapes } from './hugging-face.js';
import { falRequests } from './jobs/fal.js';
import { gatewayJobs } from './jobs/gateways.js';
import type { JobShape } from './jobs/job.js';
import { replicatePredictions } from './jobs/replicate.js';
import { mistralShapes } from './mistral.js';
import { ollamaShapes } from './ollama.js';
import { openAIClientShapes, openAIShapes } from './openai.js';
import { openRouterShapes } from './openrouter.js';
import type { ModelRequest, Shape } from './reading/shape.js';
import { togetherShapes } from './together.js';
import { vertexPartnerShapes } from './vertex-partners.js';
import { voyageEmbeddings } from './voyage.js';

/** Shapes that are recognised by the path alone, on the hosts of their providers. */
const BY_PROVIDER: readonly (readonly [provider: string, shapes: readonly Shape[]])[] = [
  ['google', geminiClientShapes],
  ['cohere', cohereShapes],
  ['mistral', mistralShapes],
  ['openai', openAIClientShapes],
  ['azure', openAIClientShapes],
  ['openrouter', openRouterShapes],
  ['together_ai', togetherShapes],
];

/** The shapes for any host; those that only a path identifies apply to the hosts of their providers. */
export const anyShapes: readonly Shape[] = onlyWhere(isSent, [
  ...BY_PROVIDER.flatMap(([provider, shapes]) =>
    onlyWhere(({ url }) => providerOf(url) === provider, shapes),
  ),
  voyageEmbeddings,
  ...openAIShapes,
  ...anthropicShapes,
  ...onlyWhere(({ url }) => /:\w+$/.test(url.pathname), geminiShapes),
  ...vertexPartnerShapes,
  ...ollamaShapes,
  bedrockConverse,
  ...bedrockInvoke,
  ...onlyWhere(({ params }) => (params.messages ?? params.message) !== undefined, [cohereChat]),
  ...huggingFaceShapes,
]);

export const jobShapes: readonly JobShape[] = [replicatePredictions, falRequests, gatewayJobs];

/** The same shapes, restricted to known hosts and to requests with a model and an input, because other services have such paths too. */
export const namedShapes: readonly Shape[] = onlyWhere(isNamed, anyShapes);
export const namedJobShapes: readonly JobShape[] = onlyWhere(isNamed, jobShapes);

type Described = Pick<Shape, 'matches' | 'describe'>;
type Restriction = (request: ModelRequest, shape: Described) => boolean;

function onlyWhere<S extends Described>(
  condition: Restriction,
  shapes: readonly S[],
): readonly S[] {
  return shapes.map((shape) => ({
    ...shape,
    matches: (request: ModelRequest) => shape.matches(request) && condition(request, shape),
  }));
}

/** Whether the request is sent to a model. OpenRouter has paths that only save it. */
function isSent({ url }: ModelRequest): boolean {
  return !/\/presets\/[^/]+\/(chat\/completions|messages|responses)$/.test(url.pathname);
}

function isNamed(request: ModelRequest, shape: Described): boolean {
  if (providerOf(request.url) !== undefined) return true;
  const { model, inputs } = shape.describe(request);
  return model !== undefined && Object.values(inputs).some((input) => input !== undefined);
}
