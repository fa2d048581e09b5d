import { ChatOpenAI } from '@langchain/openai';
import { LOCAL_MODEL, startLocalModel } from 'example-local-model';

export interface ConnectedModel extends AsyncDisposable {
  readonly model: ChatOpenAI;
}

/**
 * With `OPENAI_API_KEY` the provider's model (`OPENAI_MODEL`, else gpt-4o-mini); without it a local one, which quotes
 * what it is given and needs no network.
 */
export async function connectModel(env: NodeJS.ProcessEnv = process.env): Promise<ConnectedModel> {
  if (env.OPENAI_API_KEY) {
    return {
      model: new ChatOpenAI({
        apiKey: env.OPENAI_API_KEY,
        model: env.OPENAI_MODEL || 'gpt-4o-mini',
      }),
      async [Symbol.asyncDispose]() {},
    };
  }
  const local = await startLocalModel();
  return {
    model: new ChatOpenAI({
      apiKey: 'none needed',
      model: LOCAL_MODEL,
      configuration: { baseURL: local.url },
    }),
    [Symbol.asyncDispose]: local.close,
  };
}
