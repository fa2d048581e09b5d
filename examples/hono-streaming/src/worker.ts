/** The chat as a Worker. It needs the compatibility flag `nodejs_als`, and its settings as bindings. */

import { createTracer } from '@openlayer-tracing/hono';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai';
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
  const openai = new OpenAI({ apiKey: env.OPENAI_API_KEY, baseURL: env.OPENAI_BASE_URL });
  return createApp({
    openai: traceOpenAI(openai, { streamUsage: true }),
    model: env.OPENAI_MODEL ?? 'gpt-4o-mini',
    tracer: createTracer({
      apiKey: env.OPENLAYER_API_KEY,
      inferencePipelineId: env.OPENLAYER_INFERENCE_PIPELINE_ID,
      baseUrl: env.OPENLAYER_BASE_URL,
    }),
  });
}
