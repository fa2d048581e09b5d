import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { type AnthropicKit, anthropicChecks } from './anthropic-checks.ts';
import type { DoorOptions } from './check.ts';

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const module = (await import(packageName)) as AnthropicKit['module'];
  return {
    checks: anthropicChecks,
    kit: (name: string): AnthropicKit => ({
      module,
      client(options) {
        const client = new module.Anthropic({
          apiKey: 'sk-test',
          baseURL: url,
          defaultHeaders: { 'x-case': `${traced !== undefined}:${name}` },
          ...options,
        });
        return traced ? traceAnthropic(client, traced) : client;
      },
      scenario: (scenario) => ({ headers: { 'x-scenario': scenario } }),
    }),
  };
}
