import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { type LangChainKit, langChainChecks } from './langchain-checks.ts';

export async function load(_packageName: string, isTraced: boolean, url: string) {
  if (isTraced) traceLangChain(CallbackManager);
  return {
    checks: langChainChecks,
    kit: (name: string): LangChainKit => ({
      model: (scenario = '') =>
        new ChatOpenAI({
          model: 'gpt-5-mini',
          apiKey: 'sk-test',
          maxRetries: scenario.startsWith('once') ? 2 : 0,
          configuration: {
            baseURL: `${url}/v1`,
            defaultHeaders: { 'x-case': `${isTraced}:${name}`, 'x-scenario': scenario },
          },
        }),
    }),
  };
}
