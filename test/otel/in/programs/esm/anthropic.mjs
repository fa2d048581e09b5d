import Anthropic from '@anthropic-ai/sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';

globalThis.instrumentByHand?.('anthropic', { Anthropic, default: Anthropic });

export function callsOf(llm) {
  const client = new Anthropic({ apiKey: 'sk-test', baseURL: llm, maxRetries: 0 });
  traceAnthropic(client, { provider: 'anthropic' });
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
