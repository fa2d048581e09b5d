import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import type * as ollama from 'ollama0-6';
import type { Ollama } from 'ollama0-6';
import { type Check, type DoorOptions, drained, failureOf } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';

const ask = (content: string) => ({
  model: 'llama3.2',
  messages: [{ role: 'user', content }],
});
const tools = [{ type: 'function', function: { name: 'weather' } }];
const both = [...tools, ...tools];

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  // The client logs on the output that the battery reports on.
  console.log = () => {};
  const { Ollama } = (await import(packageName)) as typeof ollama;
  return {
    checks,
    kit: (name: string): Kit<Ollama> => ({
      client(scenario = '') {
        const headers = { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario };
        const client = new Ollama({ host: url, headers });
        return traced ? traceOllama(client, traced) : client;
      },
    }),
  };
}

const checks: readonly Check<Kit<Ollama>>[] = [
  ...commonChecks<Ollama>({
    ask: (client, content) => client.chat(ask(content)),
    stream: (client, content) => client.chat({ ...ask(content), stream: true }),
  }),
  {
    name: 'parameters',
    run: (kit) =>
      kit.client().chat({
        ...ask('hi'),
        options: { temperature: 0.2, num_ctx: 2048 },
        keep_alive: '5m',
        format: 'json',
      }),
  },
  { name: 'tools', run: (kit) => kit.client().chat({ ...ask('weather?'), tools: both }) },
  {
    name: 'tools in a stream',
    run: async (kit) =>
      drained(await kit.client().chat({ ...ask('weather?'), tools: both, stream: true })),
  },
  { name: 'thoughts', run: (kit) => kit.client().chat({ ...ask('why?'), think: true }) },
  {
    name: 'thoughts in a stream',
    run: async (kit) =>
      drained(await kit.client().chat({ ...ask('why?'), think: true, stream: true })),
  },
  {
    name: 'an image',
    run: (kit) =>
      kit.client().chat({
        model: 'llava',
        messages: [{ role: 'user', content: 'what?', images: [Buffer.alloc(900, 7)] }],
      }),
  },
  {
    name: 'generate',
    run: (kit) => kit.client().generate({ model: 'llama3.2', prompt: 'hi', system: 'Be brief.' }),
  },
  {
    name: 'generate a stream',
    run: async (kit) =>
      drained(await kit.client().generate({ model: 'llama3.2', prompt: 'hi', stream: true })),
  },
  {
    name: 'embed',
    run: (kit) => kit.client().embed({ model: 'nomic-embed-text', input: ['one', 'two'] }),
  },
  {
    name: 'abort()',
    async run(kit) {
      const client = kit.client('halt-6');
      const stream = await client.chat({ ...ask('50 words'), stream: true });
      let count = 0;
      return failureOf(async () => {
        for await (const _chunk of stream) if (++count === 6) client.abort();
      });
    },
  },
  lastCheck,
];
