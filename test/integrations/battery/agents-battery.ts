import {
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  setTraceProcessors,
} from '@openai/agents';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import OpenAI from 'openai7';
import { type AgentsKit, agentsChecks } from './agents-checks.ts';
import type { DoorOptions } from './check.ts';

export async function load(_packageName: string, traced: DoorOptions | undefined, url: string) {
  // The SDK's own processor would post to OpenAI.
  setTraceProcessors(traced ? [agentsTraceProcessor(traced)] : []);
  return {
    checks: agentsChecks,
    kit(name: string): AgentsKit {
      const client = (scenario: string) =>
        new OpenAI({
          apiKey: 'sk-test',
          baseURL: `${url}/v1`,
          maxRetries: 0,
          defaultHeaders: { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario },
        });
      const prepared = (client: OpenAI) => (traced ? traceOpenAI(client, traced) : client);
      // What the SDK records is not recorded once more by its client.
      const sdkClient = (scenario: string): never => {
        // The SDK brings a copy of the same client, whose private members make it another type.
        const given = client(scenario);
        return (name.includes('traced client') ? prepared(given) : given) as never;
      };
      return {
        client: () => prepared(client('')),
        chat: (scenario = '') => new OpenAIChatCompletionsModel(sdkClient(scenario), 'gpt-5-mini'),
        responses: (scenario = '') => new OpenAIResponsesModel(sdkClient(scenario), 'gpt-5'),
      };
    },
  };
}
