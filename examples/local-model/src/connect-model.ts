import { LOCAL_MODEL } from './models.js';
import { startLocalModel } from './server.js';

/** A model with OpenAI's API, and how a client reaches it. */
export interface Model {
  readonly name: string;
  /** The provider as traces name it. @default the provider that the host belongs to */
  readonly provider?: string;
  /** Options of the client. */
  readonly client: {
    readonly apiKey: string;
    /** @default OpenAI's own server */
    readonly baseURL?: string;
  };
}

export interface ConnectedModel extends Model, AsyncDisposable {}

/**
 * With `OPENAI_API_KEY` OpenAI's model (`OPENAI_MODEL`, else gpt-4o-mini). Without it a local one, which quotes the passages of
 * its prompt and needs no network.
 */
export async function connectModel(env: NodeJS.ProcessEnv = process.env): Promise<ConnectedModel> {
  if (env.OPENAI_API_KEY) {
    return {
      name: env.OPENAI_MODEL || 'gpt-4o-mini',
      provider: 'openai',
      client: { apiKey: env.OPENAI_API_KEY },
      async [Symbol.asyncDispose]() {},
    };
  }
  const local = await startLocalModel({ tokenDelayMs: 20 });
  return {
    name: LOCAL_MODEL,
    provider: 'local',
    client: { apiKey: 'none needed', baseURL: local.url },
    [Symbol.asyncDispose]: local.close,
  };
}
