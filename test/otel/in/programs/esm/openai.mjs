import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai';
import { handOver } from './hand-over.mjs';

export function callsOf(llm) {
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${llm}/v1`, maxRetries: 0 });
  handOver('openai', OpenAI, () => traceOpenAI(client, { provider: 'openai' }));
  const request = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi there' }] };
  return {
    whole: async () => (await client.chat.completions.create(request)).choices[0].message.content,
    stream: async () => {
      let text = '';
      const stream = await client.chat.completions.create({ ...request, stream: true });
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      return text;
    },
    error: () =>
      client.chat.completions.create(request, { headers: { 'x-scenario': 'status-400' } }),
    embeddings: async () => {
      const input = ['one', 'two'];
      return (await client.embeddings.create({ model: 'text-embedding-4', input })).data.length;
    },
  };
}
