import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import type * as mistral from 'mistral2';
import type { HTTPClient, Mistral } from 'mistral2';
import { type Check, type DoorOptions, drained } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';

interface MistralKit extends Kit<Mistral> {
  /** An HTTP client of the app's own, that tells what it saw. */
  ownHttp(seen: string[]): HTTPClient;
}

const ask = (content: string) => ({
  model: 'mistral-small-latest',
  messages: [{ role: 'user' as const, content }],
});
const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: {} } }];
const backoff = { initialInterval: 1, maxInterval: 20, exponent: 1, maxElapsedTime: 10_000 };

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const { HTTPClient, Mistral } = (await import(packageName)) as typeof mistral;
  return {
    checks,
    kit: (name: string): MistralKit => ({
      client(scenario = '', options = {}) {
        const httpClient = (options.httpClient as HTTPClient | undefined) ?? new HTTPClient();
        httpClient.addHook('beforeRequest', (request) => {
          request.headers.set('x-case', `${traced !== undefined}:${name}`);
          request.headers.set('x-scenario', scenario);
        });
        const client = new Mistral({
          apiKey: 'k',
          serverURL: `${url}/mistral`,
          ...options,
          httpClient,
        });
        return traced ? traceMistral(client, traced) : client;
      },
      ownHttp(seen) {
        const http = new HTTPClient({
          fetcher: (input, init) => {
            seen.push('fetched');
            return init === undefined ? fetch(input) : fetch(input, init);
          },
        });
        http.addHook('response', (response) => {
          seen.push(`answered ${response.status}`);
        });
        http.addHook('requestError', () => {
          seen.push('failed');
        });
        return http;
      },
    }),
  };
}

const checks: readonly Check<MistralKit>[] = [
  ...(commonChecks<Mistral>({
    ask: (client, content, signal) => client.chat.complete(ask(content), signal && { signal }),
    stream: (client, content, signal) => client.chat.stream(ask(content), signal && { signal }),
    retrying: { retryConfig: { strategy: 'backoff', backoff, retryConnectionErrors: true } },
    triesForATime: true,
  }) as readonly Check<MistralKit>[]),
  {
    name: 'parameters',
    run: (kit) =>
      kit.client().chat.complete({ ...ask('hi'), temperature: 0.3, maxTokens: 20, randomSeed: 7 }),
  },
  { name: 'tools', run: (kit) => kit.client().chat.complete({ ...ask('weather?'), tools }) },
  {
    name: 'tools in a stream',
    run: async (kit) => drained(await kit.client().chat.stream({ ...ask('weather?'), tools })),
  },
  {
    name: 'thoughts',
    run: (kit) => kit.client().chat.complete({ ...ask('why?'), reasoningEffort: 'high' }),
  },
  {
    name: 'thoughts in a stream',
    run: async (kit) =>
      drained(await kit.client().chat.stream({ ...ask('why?'), reasoningEffort: 'high' })),
  },
  {
    name: 'code in the middle',
    run: (kit) =>
      kit.client().fim.complete({ model: 'codestral-latest', prompt: 'a = ', suffix: ';' }),
  },
  {
    name: 'an agent',
    run: (kit) => kit.client().agents.complete({ agentId: 'ag_1', messages: ask('hi').messages }),
  },
  {
    name: 'embeddings',
    run: (kit) =>
      kit.client().embeddings.create({ model: 'mistral-embed', inputs: ['one', 'two'] }),
  },
  {
    name: 'an HTTP client of the app',
    async run(kit) {
      const seen: string[] = [];
      const client = kit.client('', { httpClient: kit.ownHttp(seen) });
      return { answer: await client.chat.complete(ask('hi')), seen };
    },
  },
  {
    name: 'an HTTP client of the app that fails',
    async run(kit) {
      const seen: string[] = [];
      const client = kit.client('reset', { httpClient: kit.ownHttp(seen) });
      await client.chat.complete(ask('hi')).catch(() => {});
      return seen;
    },
  },
  lastCheck,
];
