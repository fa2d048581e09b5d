import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import type * as genai from 'genai3';
import type { CallableTool, GoogleGenAI } from 'genai3';
import { type Check, type DoorOptions, drained } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';

const ask = (contents: string, abortSignal?: AbortSignal) => ({
  model: 'gemini-3-flash',
  contents,
  ...(abortSignal && { config: { abortSignal } }),
});
const functionDeclarations = [{ name: 'weather', description: 'The weather in a city' }];
const tools = [{ functionDeclarations }];

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const { GoogleGenAI } = (await import(packageName)) as typeof genai;
  return {
    checks,
    kit: (name: string): Kit<GoogleGenAI> => ({
      client(scenario = '', options = {}) {
        const headers = { 'x-case': `${traced !== undefined}:${name}`, 'x-scenario': scenario };
        const client = new GoogleGenAI({
          apiKey: 'k',
          httpOptions: { baseUrl: url, headers, ...options },
        });
        return traced ? traceGoogleGenAI(client, traced) : client;
      },
    }),
  };
}

/** Answers hold the headers that they came with, and the time among them. */
function timeless(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value) => (key === 'date' ? undefined : (value as unknown))),
  );
}

async function* timelessly(items: AsyncIterable<unknown>): AsyncIterable<unknown> {
  for await (const item of items) yield timeless(item);
}

const checks: readonly Check<Kit<GoogleGenAI>>[] = [
  ...commonChecks<GoogleGenAI>({
    ask: (client, content, signal) =>
      client.models.generateContent(ask(content, signal)).then(timeless),
    stream: async (client, content, signal) =>
      timelessly(await client.models.generateContentStream(ask(content, signal))),
    retrying: { retryOptions: { attempts: 2, initialDelay: 0.01, maxDelay: 0.02 } },
  }),
  {
    name: 'the promise and the stream of the client',
    async run(kit) {
      const { models } = kit.client();
      const promise = models.generateContent(ask('hi'));
      const stream = await models.generateContentStream(ask('hi'));
      await drained(stream);
      return [promise, stream].map((each) => [String(each), Object.keys(each)]);
    },
  },
  {
    name: 'parameters',
    run: async (kit) =>
      timeless(
        await kit.client().models.generateContent({
          ...ask('hi'),
          config: {
            systemInstruction: 'Be brief.',
            temperature: 0.1,
            maxOutputTokens: 50,
            stopSequences: ['END'],
            thinkingConfig: { includeThoughts: true },
          },
        }),
      ),
  },
  {
    name: 'tools',
    run: async (kit) =>
      timeless(
        await kit.client().models.generateContent({ ...ask('weather?'), config: { tools } }),
      ),
  },
  {
    name: 'tools that are called by themselves',
    async run(kit) {
      const called: unknown[] = [];
      const tool: CallableTool = {
        tool: async () => ({ functionDeclarations }),
        callTool: async (calls) => {
          called.push(calls);
          return calls.map(({ name = '' }) => ({
            functionResponse: { name, response: { sky: 'blue' } },
          }));
        },
      };
      const config = { tools: [tool] };
      const answer = await kit.client().models.generateContent({ ...ask('weather?'), config });
      return { called, answer: timeless(answer) };
    },
  },
  {
    name: 'an image',
    run: async (kit) =>
      timeless(
        await kit.client().models.generateContent({
          model: 'gemini-3-flash',
          contents: [
            { inlineData: { mimeType: 'image/png', data: 'QUJD'.repeat(500) } },
            { text: 'what is this?' },
          ],
        }),
      ),
  },
  {
    name: 'a chat',
    async run(kit) {
      const chat = kit.client().chats.create({ model: 'gemini-3-flash' });
      await chat.sendMessage({ message: 'hi there' });
      const second = await drained(timelessly(await chat.sendMessageStream({ message: 'again' })));
      return { second, history: chat.getHistory() };
    },
  },
  {
    name: 'embeddings',
    run: async (kit) =>
      timeless(
        await kit.client().models.embedContent({
          model: 'gemini-embedding-001',
          contents: ['one', 'two'],
          config: { outputDimensionality: 3 },
        }),
      ),
  },
  {
    name: 'a fetch of the app',
    async run(kit) {
      const seen: string[] = [];
      const own: typeof fetch = (input, init) => {
        seen.push(new URL(String(input)).pathname);
        return fetch(input, init);
      };
      const client = kit.client('', { fetch: own });
      return { answer: timeless(await client.models.generateContent(ask('hi'))), seen };
    },
  },
  {
    name: 'calls that are cut off in time',
    async run(kit) {
      const client = kit.client('hang', { timeout: 100 });
      return client.models.generateContent(ask('hi')).catch((error: Error) => error.name);
    },
  },
  lastCheck,
];
