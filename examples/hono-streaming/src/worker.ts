/** The chat as a Worker. It needs the compatibility flag `nodejs_als`, and its settings as bindings. */

import { createTracer } from '@openlayer-tracing/hono';
import { type App, createApp } from './app.js';

export interface Env {
  readonly OPENAI_API_KEY: string;
  readonly OPENAI_BASE_URL?: string;
  readonly OPENAI_MODEL?: string;
  readonly OPENLAYER_API_KEY: string;
  readonly OPENLAYER_INFERENCE_PIPELINE_ID: string;
  readonly OPENLAYER_BASE_URL?: string;
}

let app: App | undefined;

export default {
  fetch(request: Request, env: Env, context: Parameters<App['fetch']>[2]) {
    // Bindings come with the first request.
    app ??= appFor(env);
    return app.fetch(request, env, context);
  },
};

function appFor(env: Env): App {
  return createApp({
    model: {
      name: env.OPENAI_MODEL ?? 'gpt-4o-mini',
      client: {
        apiKey: env.OPENAI_API_KEY,
        ...(env.OPENAI_BASE_URL && { baseURL: env.OPENAI_BASE_URL }),
      },
    },
    tracer: createTracer({
      apiKey: env.OPENLAYER_API_KEY,
      inferencePipelineId: env.OPENLAYER_INFERENCE_PIPELINE_ID,
      baseUrl: env.OPENLAYER_BASE_URL,
    }),
  });
}
