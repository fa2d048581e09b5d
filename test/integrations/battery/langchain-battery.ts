import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import type { DoorOptions } from './check.ts';
import { type LangChainKit, langChainChecks } from './langchain-checks.ts';

export async function load(_packageName: string, traced: DoorOptions | undefined, url: string) {
  if (traced) traceLangChain(CallbackManager, traced);
  return {
    checks: langChainChecks,
    kit(name: string): LangChainKit {
      const settings = (scenario: string) => ({
        baseURL: `${url}/v1`,
        defaultHeaders: { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario },
      });
      return {
        model: (scenario = '') =>
          new ChatOpenAI({
            model: 'gpt-5-mini',
            apiKey: 'sk-test',
            maxRetries: scenario.startsWith('once') ? 2 : 0,
            configuration: {
              ...settings(scenario),
              // What LangChain records is not recorded once more by its client.
              ...(traced &&
                name.includes('traced client') && {
                  fetch: tracedFetch({ client: 'OpenAI', provider: 'openai', ...traced }),
                }),
            },
          }),
        client() {
          const client = new OpenAI({ apiKey: 'sk-test', ...settings('') });
          return traced ? traceOpenAI(client, traced) : client;
        },
      };
    },
  };
}
