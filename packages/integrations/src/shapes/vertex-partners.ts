/** Chats, completions and documents of Google's partners on Vertex AI. Claude has a shape of its own. */

import { percentDecoded } from '@openlayer-tracing/core/integration';
import type { JsonObject } from '../common/json.js';
import { mistralChat, mistralFim } from './mistral/chat.js';
import { mistralOcr } from './mistral/media.js';
import type { ModelRequest, Shape } from './reading/shape.js';

const PATH =
  /\/publishers\/(?!anthropic\/)[^/]+\/models\/([^/:]+):(?:streamRawPredict|rawPredict)$/;

/** All requests share one path, which names the model; their fields decide the kind. */
export const vertexPartnerShapes: readonly Shape[] = [
  onVertex(mistralChat, ({ messages }) => Array.isArray(messages)),
  onVertex(mistralFim, ({ prompt }) => prompt !== undefined),
  onVertex(mistralOcr, ({ document }) => document !== undefined),
];

function onVertex(shape: Shape<'chat_completion'>, isKind: (params: JsonObject) => boolean): Shape {
  return {
    ...shape,
    matches: ({ url, params, isUnread }) =>
      PATH.test(url.pathname) && (isUnread === true || isKind(params)),
    describe: (request: ModelRequest) => {
      const model = PATH.exec(request.url.pathname)?.[1];
      return { ...shape.describe(request), model: model && percentDecoded(model) };
    },
  };
}
