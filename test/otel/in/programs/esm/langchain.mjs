import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';

export function callsOf(llm) {
  traceLangChain(CallbackManager);
  const model = (scenario) =>
    new ChatOpenAI({
      model: 'gpt-5-mini',
      apiKey: 'sk-test',
      maxRetries: 0,
      configuration: {
        baseURL: `${llm}/v1`,
        defaultHeaders: scenario ? { 'x-scenario': scenario } : {},
      },
    });
  return {
    whole: async () => (await model().invoke('hi there')).content,
    error: () => model('status-400').invoke('hi there'),
  };
}
