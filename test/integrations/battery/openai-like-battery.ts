/** Clients that are made like OpenAI's, for APIs that are like OpenAI's: Groq's and Together's. */

import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import type * as groq from 'groq-sdk';
import type Groq from 'groq-sdk';
import { type Check, type DoorOptions, drained, failureOf } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';
import { ask, WEATHER } from './openai-kit.ts';

interface LikeKit extends Kit<Groq> {
  readonly module: typeof groq;
}

const streamed = (content?: string) => ({ ...ask(content), stream: true as const });

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  // What is used here of Together's client has the types of Groq's.
  const module = (await import(packageName)) as typeof groq;
  const isGroq = packageName === 'groq-sdk';
  const trace: (client: Groq, options: DoorOptions) => Groq = isGroq ? traceGroq : traceTogether;
  return {
    checks,
    kit: (name: string): LikeKit => ({
      module,
      client(scenario = '', options = {}) {
        const client = new module.default({
          apiKey: 'k',
          baseURL: isGroq ? url : `${url}/v1`,
          maxRetries: 0,
          defaultHeaders: { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario },
          ...options,
        });
        return traced ? trace(client, traced) : client;
      },
    }),
  };
}

const checks: readonly Check<LikeKit>[] = [
  ...(commonChecks<Groq>({
    ask: (client, content, signal) =>
      client.chat.completions.create(ask(content), signal && { signal }),
    stream: (client, content, signal) =>
      client.chat.completions.create(streamed(content), signal && { signal }),
    retrying: { maxRetries: 1 },
  }) as readonly Check<LikeKit>[]),
  {
    name: 'parameters',
    run: (kit) =>
      kit.client().chat.completions.create({ ...ask(), temperature: 0.2, max_tokens: 50, seed: 7 }),
  },
  {
    name: 'withResponse',
    async run(kit) {
      const { data, response } = await kit.client().chat.completions.create(ask()).withResponse();
      return { data, status: response.status, path: new URL(response.url).pathname };
    },
  },
  {
    name: 'asResponse',
    async run(kit) {
      const response = await kit.client().chat.completions.create(ask()).asResponse();
      return { text: await response.text(), used: response.bodyUsed };
    },
  },
  {
    name: 'a rejection of withResponse',
    run: (kit) =>
      failureOf(() => kit.client('status-401').chat.completions.create(ask()).withResponse()),
  },
  {
    name: 'tools',
    run: (kit) => kit.client().chat.completions.create({ ...ask('weather?'), tools: [WEATHER] }),
  },
  {
    name: 'tools in a stream',
    run: async (kit) =>
      drained(
        await kit.client().chat.completions.create({ ...streamed('weather?'), tools: [WEATHER] }),
      ),
  },
  {
    name: 'tee',
    async run(kit) {
      const [one, two] = (await kit.client().chat.completions.create(streamed())).tee();
      return Promise.all([drained(one), drained(two)]);
    },
  },
  {
    name: 'embeddings',
    run: (kit) => kit.client().embeddings.create({ model: 'embed-1', input: 'one text' }),
  },
  {
    name: 'transcription',
    async run(kit) {
      const file = await kit.module.toFile(new Uint8Array(500), 'said.wav', { type: 'audio/wav' });
      return kit.client().audio.transcriptions.create({ model: 'whisper-large-v3', file });
    },
  },
  {
    name: 'a copy of the client with other options',
    run: (kit) =>
      kit.client().withOptions({ timeout: 20_000 }).chat.completions.create(ask('copied')),
  },
  lastCheck,
];
