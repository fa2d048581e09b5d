import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { LOCAL_MODEL, startLocalModel } from 'example-local-model';
import OpenAI from 'openai';

/** Who answers: a client, and which model to ask it for. */
export interface ChatModel {
  readonly openai: OpenAI;
  readonly model: string;
}

export interface ConnectedModel extends ChatModel, AsyncDisposable {}

/**
 * With `OPENAI_API_KEY` the provider's model (`OPENAI_MODEL`, else gpt-4o-mini); without it a local
 * one, which quotes its passages and needs no network.
 */
export async function connectModel(env: NodeJS.ProcessEnv = process.env): Promise<ConnectedModel> {
  if (env.OPENAI_API_KEY) {
    return {
      openai: traceOpenAI(new OpenAI({ apiKey: env.OPENAI_API_KEY })),
      model: env.OPENAI_MODEL || 'gpt-4o-mini',
      async [Symbol.asyncDispose]() {},
    };
  }
  const local = await startLocalModel({ tokenDelayMs: 20 });
  return {
    openai: traceOpenAI(new OpenAI({ baseURL: local.url, apiKey: 'none needed' }), {
      provider: 'local',
      streamUsage: true,
    }),
    model: LOCAL_MODEL,
    [Symbol.asyncDispose]: local.close,
  };
}
