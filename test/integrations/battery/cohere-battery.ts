import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import type * as cohere from 'cohere8';
import type { CohereClient, CohereClientV2 } from 'cohere8';
import { type Check, type DoorOptions, drained, failureOf } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';

interface CohereKit extends Kit<CohereClientV2> {
  /** Of the first API. */
  first(): CohereClient;
}

const ask = (content: string) => ({
  model: 'command-a',
  messages: [{ role: 'user' as const, content }],
});
const tools = [
  {
    type: 'function' as const,
    function: { name: 'weather', parameters: { type: 'object', properties: {} } },
  },
];

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const { CohereClient, CohereClientV2 } = (await import(packageName)) as typeof cohere;
  const prepared = <Client extends object>(client: Client) =>
    traced ? traceCohere(client, traced) : client;
  return {
    checks,
    kit(name: string): CohereKit {
      const settings = (scenario: string) => ({
        token: 't',
        environment: url,
        maxRetries: 0,
        headers: { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario },
      });
      return {
        client: (scenario = '', options) =>
          prepared(new CohereClientV2({ ...settings(scenario), ...options })),
        first: () => prepared(new CohereClient(settings(''))),
      };
    },
  };
}

const checks: readonly Check<CohereKit>[] = [
  ...(commonChecks<CohereClientV2>({
    ask: (client, content, abortSignal) =>
      client.chat(ask(content), abortSignal && { abortSignal }),
    stream: (client, content, abortSignal) =>
      client.chatStream(ask(content), abortSignal && { abortSignal }),
    retrying: { maxRetries: 1 },
  }) as readonly Check<CohereKit>[]),
  {
    name: 'parameters',
    run: (kit) => kit.client().chat({ ...ask('hi'), temperature: 0.3, maxTokens: 20, p: 0.9 }),
  },
  {
    name: 'withRawResponse',
    async run(kit) {
      const { data, rawResponse } = await kit.client().chat(ask('hi')).withRawResponse();
      return { data, status: rawResponse.status, path: new URL(rawResponse.url).pathname };
    },
  },
  {
    name: 'a rejection of withRawResponse',
    run: (kit) => failureOf(() => kit.client('status-401').chat(ask('hi')).withRawResponse()),
  },
  { name: 'tools', run: (kit) => kit.client().chat({ ...ask('weather?'), tools }) },
  {
    name: 'tools in a stream',
    run: async (kit) => drained(await kit.client().chatStream({ ...ask('weather?'), tools })),
  },
  {
    name: 'embed',
    run: (kit) =>
      kit.client().embed({
        model: 'embed-v4',
        texts: ['one two', 'three'],
        inputType: 'search_document',
        embeddingTypes: ['float'],
      }),
  },
  {
    name: 'rerank',
    run: (kit) =>
      kit
        .client()
        .rerank({ model: 'rerank-v4', query: 'two?', documents: ['one', 'two'], topN: 2 }),
  },
  {
    name: 'the first API',
    run: (kit) => kit.first().chat({ message: 'hi', preamble: 'Be brief.' }),
  },
  {
    name: 'a stream of the first API',
    run: async (kit) => drained(await kit.first().chatStream({ message: 'hi there' })),
  },
  { name: 'the second API of a first client', run: (kit) => kit.first().v2.chat(ask('hi')) },
  lastCheck,
];
