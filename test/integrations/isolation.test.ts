/** Requests at once, each with nested and parallel calls through every door: no step is in a trace that is not its own. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import Groq from 'groq-sdk';
import OpenAI4 from 'openai4';
import Together from 'together-ai';
import { ask, get, llmStage } from './stage.ts';

const REQUESTS = 100;

it('100 requests at once keep the calls of every door apart', async function () {
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

function outputsIn(steps: readonly WireStep[]): string[] {
  return steps.flatMap((step) => [
    ...(step.type === 'chat_completion' ? [String(step.output)] : []),
    ...outputsIn(step.steps),
  ]);
}
