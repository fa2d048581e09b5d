import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModel } from 'ai';
import { LOCAL_MODEL, startLocalModel } from 'example-local-model';

export interface ConnectedModel extends AsyncDisposable {
  readonly model: LanguageModel;
}

/**
 * With `OPENAI_API_KEY` the provider's model (`OPENAI_MODEL`, else gpt-4o-mini); without it a local one, which quotes
 * what it is given and needs no network.
 */
export async function connectModel(env: NodeJS.ProcessEnv = process.env): Promise<ConnectedModel> {
  if (env.OPENAI_API_KEY) {
    const openai = createOpenAI({ apiKey: env.OPENAI_API_KEY });
    return {
      model: openai(env.OPENAI_MODEL || 'gpt-4o-mini'),
      async [Symbol.asyncDispose]() {},
    };
  }
  const local = await startLocalModel();
  const openai = createOpenAI({ baseURL: local.url, apiKey: 'none needed', name: 'local' });
  return { model: openai.chat(LOCAL_MODEL), [Symbol.asyncDispose]: local.close };
}
