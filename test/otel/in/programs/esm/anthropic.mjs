import * as anthropic from '@anthropic-ai/sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { handOver } from './hand-over.mjs';

export function callsOf(llm) {
  const client = new anthropic.Anthropic({ apiKey: 'sk-test', baseURL: llm, maxRetries: 0 });
  // The whole module, since OpenLLMetry's makes promises of its class, in an object that OpenInference's can mark.
  const module = { ...anthropic };
  handOver('anthropic', module, () => traceAnthropic(client, { provider: 'anthropic' }));
  const messages = [{ role: 'user', content: 'hi there' }];
  const request = { model: 'claude-opus-5', max_tokens: 100, messages };
  return {
    whole: async () => (await client.messages.create(request)).content[0].text,
    stream: async () => {
      let text = '';
      for await (const event of await client.messages.create({ ...request, stream: true })) {
        if (event.type === 'content_block_delta') text += event.delta.text ?? '';
      }
      return text;
    },
    error: () => client.messages.create(request, { headers: { 'x-scenario': 'status-400' } }),
  };
}
