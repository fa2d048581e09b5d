import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import type OpenAI from 'openai7';
import type { DoorOptions } from './check.ts';
import { chatChecks } from './openai-chat-checks.ts';
import { errorChecks } from './openai-error-checks.ts';
import type { OpenAIKit, OpenAIModule } from './openai-kit.ts';
import { otherChecks } from './openai-other-checks.ts';

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const module = (await import(packageName)) as OpenAIModule;
  const prepared = (client: OpenAI, provider?: string) =>
    traced ? traceOpenAI(client, { provider, ...traced }) : client;
  return {
    checks: [...chatChecks, ...otherChecks, ...errorChecks],
    kit(name: string): OpenAIKit {
      const defaultHeaders = { 'x-case': `${traced !== undefined}:${name}` };
      return {
        module,
        major: Number(packageName.slice('openai'.length)),
        url,
        client: (options) =>
          prepared(
            new module.OpenAI({
              apiKey: 'sk-test',
              baseURL: `${url}/v1`,
              defaultHeaders,
              ...options,
            }),
            'openai',
          ),
        azure: () =>
          prepared(
            new module.AzureOpenAI({
              apiKey: 'az-test',
              endpoint: url,
              apiVersion: '2026-01-01',
              deployment: 'my-deployment',
              defaultHeaders,
            }),
          ),
        scenario: (scenario) => ({ headers: { 'x-scenario': scenario } }),
      };
    },
  };
}
