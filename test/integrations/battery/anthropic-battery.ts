import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { type AnthropicKit, anthropicChecks } from './anthropic-checks.ts';

export async function load(packageName: string, isTraced: boolean, url: string) {
  const module = (await import(packageName)) as AnthropicKit['module'];
  return {
    checks: anthropicChecks,
    kit: (name: string): AnthropicKit => ({
      module,
      client(options) {
        const client = new module.Anthropic({
          apiKey: 'sk-test',
          baseURL: url,
          defaultHeaders: { 'x-case': `${isTraced}:${name}` },
          ...options,
        });
        return isTraced ? traceAnthropic(client) : client;
      },
      scenario: (scenario) => ({ headers: { 'x-scenario': scenario } }),
    }),
  };
}
