import {
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  setTraceProcessors,
} from '@openai/agents';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import OpenAI from 'openai7';
import { type AgentsKit, agentsChecks } from './agents-checks.ts';

export async function load(_packageName: string, isTraced: boolean, url: string) {
  // The SDK's own processor would post to OpenAI.
  setTraceProcessors(isTraced ? [agentsTraceProcessor()] : []);
  return {
    checks: agentsChecks,
    kit(name: string): AgentsKit {
      // The SDK brings a copy of the same client, whose private members make it another type.
      const client = (scenario: string): never =>
        new OpenAI({
          apiKey: 'sk-test',
          baseURL: `${url}/v1`,
          maxRetries: 0,
          defaultHeaders: { 'x-case': `${isTraced}:${name}`, 'x-scenario': scenario },
        }) as never;
      return {
        chat: (scenario = '') => new OpenAIChatCompletionsModel(client(scenario), 'gpt-5-mini'),
        responses: (scenario = '') => new OpenAIResponsesModel(client(scenario), 'gpt-5'),
      };
    },
  };
}
