import {
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  setTraceProcessors,
} from '@openai/agents';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import OpenAI from 'openai7';
import { type AgentsKit, agentsChecks } from './agents-checks.ts';

export async function load(_packageName: string, isTraced: boolean, url: string) {
  // The SDK's own processor would post to OpenAI.
  setTraceProcessors(isTraced ? [agentsTraceProcessor()] : []);
  return {
    checks: agentsChecks,
    kit(name: string): AgentsKit {
      const client = (scenario: string) =>
        new OpenAI({
          apiKey: 'sk-test',
          baseURL: `${url}/v1`,
          maxRetries: 0,
          defaultHeaders: { 'x-case': `${isTraced}:${name}`, 'x-scenario': scenario },
        });
      const traced = (client: OpenAI) => (isTraced ? traceOpenAI(client) : client);
      // What the SDK records is not recorded once more by its client.
      const sdkClient = (scenario: string): never => {
        // The SDK brings a copy of the same client, whose private members make it another type.
        const given = client(scenario);
        return (name.includes('traced client') ? traced(given) : given) as never;
      };
      return {
        client: () => traced(client('')),
        chat: (scenario = '') => new OpenAIChatCompletionsModel(sdkClient(scenario), 'gpt-5-mini'),
        responses: (scenario = '') => new OpenAIResponsesModel(sdkClient(scenario), 'gpt-5'),
      };
    },
  };
}
