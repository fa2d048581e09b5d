/** Requests at once, each with nested and parallel calls through every entry point: no step is in a trace that is not its own. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI4 from 'openai4';
import Together from 'together-ai';
import { ask, get, llmStage } from './stage.ts';

const REQUESTS = 40;

it('40 concurrent requests keep the calls of every entry point apart', async function () {
  this.timeout(120_000);
  await using app = await llmStage({
    define: (define, openai, { url }) => {
      const settings = { apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 5 };
      const openai4 = traceOpenAI(new OpenAI4(settings));
      const together = traceTogether(new Together(settings));
      const groq = traceGroq(new Groq({ ...settings, baseURL: url }));
      const anthropic = traceAnthropic(new Anthropic({ ...settings, baseURL: url }));
      const traced = tracedFetch();
      const streamed = async (content: string) => {
        const stream = await openai.chat.completions.create({ ...ask(content), stream: true });
        for await (const _chunk of stream);
      };
      define.route('GET', '/ask/:who', async ({ trace, params }) => {
        const { who = '' } = params;
        const body = JSON.stringify({ model: 'llama', messages: ask(`${who} i`).messages });
        await Promise.all([
          openai.chat.completions.create(ask(`${who} a`)),
          streamed(`${who} b`),
          openai4.chat.completions.create(ask(`${who} c`)),
          groq.chat.completions.create(ask(`${who} d`)),
          together.chat.completions.create(ask(`${who} e`)),
          anthropic.messages.create({ ...ask(`${who} f`), max_tokens: 9 }),
          trace.step('nested', async () => {
            await openai.responses.create({ model: 'gpt-5', input: `${who} g` });
            const options = { headers: { 'x-scenario': 'once-503', 'x-case': who } };
            await openai.chat.completions.create(ask(`${who} h`), options);
            await (await traced(`${url}/api/chat`, { method: 'POST', body })).text();
          }),
        ]);
        return { json: who };
      });
    },
  });
  const visitors = Array.from({ length: REQUESTS }, (_, i) => `visitor${i}`);
  await Promise.all(visitors.map((who) => get(app.stage, `/ask/${who}`, who)));
  const rows = await app.stage.rows(REQUESTS);
  for (const row of rows) {
    const said = outputsIn(row.steps[0]?.steps ?? []).sort();
    const expected = [...'abcdefgh'].map(
      (letter) => `You said: ${row.inferenceId} ${letter} — ça va?`,
    );
    assert.deepEqual(said, [...expected, `You said: ${row.inferenceId} i`].sort());
    const nested = row.steps[0]?.steps.find(({ name }) => name === 'nested');
    assert.deepEqual(
      nested?.steps.map(({ name }) => name),
      ['OpenAI Response', 'OpenAI Chat Completion', 'LLM Chat Completion'],
    );
  }
});

it('40 concurrent requests keep the calls of clients with hooks apart', async function () {
  this.timeout(120_000);
  await using app = await llmStage({
    define: (define, _openai, { url, http2Url }) => {
      const ai = traceGoogleGenAI(
        new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url, retryOptions: RETRIES } }),
      );
      const mistral = traceMistral(
        new Mistral({
          apiKey: 'k',
          serverURL: `${url}/mistral`,
          retryConfig: { strategy: 'backoff', backoff: BACKOFF, retryConnectionErrors: true },
        }),
      );
      const cohere = traceCohere(new CohereClientV2({ token: 't', environment: url }));
      const ollama = traceOllama(new Ollama({ host: url }));
      const bedrock = traceBedrock(
        new BedrockRuntimeClient({
          region: 'eu-west-1',
          endpoint: http2Url,
          token: { token: 't' },
          authSchemePreference: ['httpBearerAuth'],
        }),
      );
      const modelId = 'amazon.nova-lite-v1:0';
      const converse = (text: string) => ({
        modelId,
        messages: [{ role: 'user' as const, content: [{ text }] }],
      });
      const user = (content: string) => ({ model: 'm', ...pick(ask(content)) });
      define.route('GET', '/ask/:who', async ({ trace, params }) => {
        const { who = '' } = params;
        const headers = { 'x-scenario': 'once-503', 'x-case': who };
        await Promise.all([
          ai.models.generateContent({
            model: 'gemini',
            contents: `${who} a`,
            config: { httpOptions: { headers } },
          }),
          ai.models
            .generateContentStream({ model: 'gemini', contents: `${who} b` })
            .then(readToItsEnd),
          mistral.chat.complete(user(`${who} c`), { headers }),
          mistral.chat.stream(user(`${who} d`)).then(readToItsEnd),
          cohere.chat(user(`${who} e`), { headers }),
          cohere.chatStream(user(`${who} f`)).then(readToItsEnd),
          ollama.chat(user(`${who} g`)),
          trace.step('nested', async () => {
            await readToItsEnd(await ollama.chat({ ...user(`${who} h`), stream: true }));
            await bedrock.send(new ConverseCommand(converse(`${who} i`)));
            const answer = await bedrock.send(new ConverseStreamCommand(converse(`${who} j`)));
            await readToItsEnd(answer.stream ?? []);
          }),
        ]);
        return { json: who };
      });
    },
  });
  const visitors = Array.from({ length: REQUESTS }, (_, i) => `visitor${i}`);
  await Promise.all(visitors.map((who) => get(app.stage, `/ask/${who}`, who)));
  for (const row of await app.stage.rows(REQUESTS)) {
    assert.equal(row.output, row.inferenceId, String(row.metadata?.error));
    const steps = row.steps[0]?.steps ?? [];
    const said = outputsIn(steps).map((output) => output.replace(' — ça va?', ''));
    const expected = [...'abcdefghij'].map((letter) => `You said: ${row.inferenceId} ${letter}`);
    assert.deepEqual(said.sort(), expected);
    const nested = steps.find(({ name }) => name === 'nested');
    assert.deepEqual(
      nested?.steps.map(({ name }) => name),
      ['Ollama Chat Completion', 'Bedrock Chat Completion', 'Bedrock Chat Completion'],
    );
  }
});

const RETRIES = { attempts: 3, initialDelay: 0.01 };
const BACKOFF = { initialInterval: 1, maxInterval: 20, exponent: 1, maxElapsedTime: 10_000 };

const pick = ({ messages }: ReturnType<typeof ask>) => ({ messages });

async function readToItsEnd(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _item of items);
}

function outputsIn(steps: readonly WireStep[]): string[] {
  return steps.flatMap((step) => [
    ...(step.type === 'chat_completion' ? [String(step.output)] : []),
    ...outputsIn(step.steps),
  ]);
}
