/** What a run of an assistant costs: its usage is the sum of turns, and its tools are told by a stream alone. */

import assert from 'node:assert/strict';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { prices } from '@openlayer-tracing/integrations/pricing';
import OpenAI from 'openai7';
import { read } from './answering.ts';
import { usageOf } from './usage-of.ts';

/** Numbers that differ from test to test: a result is recorded once in a process. */
let nth = 0;

const run = (prompt_tokens: number, tools: readonly string[], model = 'gpt-5.4') => ({
  ...{ id: `run_price_${nth++}`, object: 'thread.run', status: 'completed', model },
  ...{ thread_id: 't', assistant_id: 'a', tools: tools.map((type) => ({ type })) },
  usage: { prompt_tokens, completion_tokens: 100, total_tokens: prompt_tokens + 100 },
});
type Run = ReturnType<typeof run>;

const client = (reply: () => Response) =>
  traceOpenAI(new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => reply() })).beta.threads;

const fetched = (of: Run) => async () => {
  await client(() => Response.json(of)).runs.retrieve(of.id, { thread_id: 't' });
};

const streamed = (of: Run, used: readonly string[]) => async () => {
  const step = (type: string, i: number) => ({
    ...{ id: `step_${i}`, object: 'thread.run.step', run_id: of.id, status: 'completed' },
    step_details: { type: 'tool_calls', tool_calls: [{ id: `call_${i}`, type, [type]: {} }] },
  });
  const events: [string, unknown][] = [
    ['thread.run.created', { ...of, status: 'queued', usage: null }],
    ...used.flatMap((type, i): [string, unknown][] => [
      ['thread.run.step.created', { ...step(type, i), status: 'in_progress' }],
      ['thread.run.step.completed', step(type, i)],
    ]),
    ['thread.run.completed', of],
    ['done', '[DONE]'],
  ];
  const text = events.map(([event, data]) => {
    return `event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
  });
  const headers = { 'content-type': 'text/event-stream' };
  const { runs } = client(() => new Response(text.join(''), { headers }));
  await read(runs.create('t', { assistant_id: 'a', stream: true }));
};

describe('the price of a run of an assistant', () => {
  const usual = (1000 * 2.5 + 100 * 15) / 1e6;
  const cases: Readonly<
    Record<string, readonly [ask: () => Promise<unknown>, cost: number | undefined, why: object]>
  > = {
    'is that of its tokens, fetched': [fetched(run(1000, [])), usual, {}],
    'is that of its tokens, streamed': [streamed(run(1000, []), []), usual, {}],
    'is that of its tokens, with tools of the app': [fetched(run(1000, ['function'])), usual, {}],
    'is unknown where turns of any lengths add up to a long prompt': [
      fetched(run(300_000, [])),
      undefined,
      { 'tokens:long_context': 1 },
    ],
    'is known where every turn is short, however many there are': [
      fetched(run(300_000, [], 'gpt-4o-2024-08-06')),
      (300_000 * 2.5 + 100 * 10) / 1e6,
      {},
    ],
    'is unknown where code may have run': [
      fetched(run(1000, ['code_interpreter'])),
      undefined,
      { 'tool:code_interpreter': 1 },
    ],
    'is unknown where code ran': [
      streamed(run(1000, ['code_interpreter']), ['code_interpreter']),
      undefined,
      { 'tool:code_interpreter': 1 },
    ],
    'is known where a stream tells that no code ran': [
      streamed(run(1000, ['code_interpreter']), []),
      usual,
      {},
    ],
    // Searches of files cost something by the call in responses alone.
    'has no searches of files, fetched': [fetched(run(1000, ['file_search'])), usual, {}],
    'has no searches of files, streamed': [
      streamed(run(1000, ['file_search']), ['file_search']),
      usual,
      {},
    ],
  };
  for (const [what, [ask, cost, why]] of Object.entries(cases)) {
    it(what, async () => {
      const usage = await usageOf(ask);
      assert.deepEqual(usage.unpriced, why);
      assert.equal(usage.estimatedCost?.toFixed(9), cost?.toFixed(9));
    });
  }

  it("includes the app's own price of code executions, and is unknown if they are not counted", async () => {
    const own = prices({
      models: { 'gpt-5.4': { input: 1, output: 1, uses: { code_interpreter: 0.03 } } },
    });
    const used = ['code_interpreter', 'code_interpreter'];
    const told = await usageOf(streamed(run(900, ['code_interpreter']), used), own);
    assert.equal(told.estimatedCost?.toFixed(9), (0.001 + 0.06).toFixed(9));
    const untold = await usageOf(fetched(run(900, ['code_interpreter'])), own);
    assert.deepEqual(untold.unpriced, { 'tool:code_interpreter': 1 });
  });

  it("does not include the app's own price per call, because turns are not counted", async () => {
    const own = prices({ models: { 'gpt-5.4': { input: 1, output: 1, perCall: 0.1 } } });
    assert.deepEqual((await usageOf(fetched(run(900, [])), own)).unpriced, { request: 1 });
  });
});
