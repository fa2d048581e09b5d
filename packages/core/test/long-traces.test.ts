/** Traces with more values than a trace has room for. */

import assert from 'node:assert/strict';
import { startStep, step, trace, updateCurrentTrace } from '@openlayer-tracing/core';
import { record, rootOf } from './support.ts';

const SYSTEM = 'You are the librarian. '.repeat(2000);
const ROOM = 1_048_576;

/** An agent whose every call sends its messages again. */
async function runAgent(turns: number): Promise<void> {
  const messages = [{ role: 'system', content: SYSTEM }];
  for (let turn = 0; turn < turns; turn++) {
    messages.push({ role: 'user', content: `question ${turn}` });
    await step(
      { name: `call ${turn}`, type: 'chat_completion', inputs: { prompt: messages } },
      async (call) => call.update({ output: `answer ${turn}`, model: 'm', provider: 'openai' }),
    );
    await step({ name: `tool ${turn}`, type: 'tool' }, async () => ({ found: `result ${turn}` }));
  }
}

describe('a trace with more values than it has room for', () => {
  for (const turns of [5, 30, 200]) {
    it(`has its own values and the short ones of all steps, after ${turns} calls of 45 KB`, async () => {
      using traces = record();
      const answer = { answer: 'All of it. '.repeat(3000) };
      const agent = trace(
        async (_question: string) => {
          updateCurrentTrace({ context: ['a passage'], metadata: { plan: 'pro' } });
          await runAgent(turns);
          updateCurrentTrace({ metadata: { turns }, groundTruth: 'all' });
          return answer;
        },
        { name: 'agent', params: ['question'] },
      );
      await agent('What is there?');
      const row = await traces.row();
      assert.deepEqual(row.output, answer);
      assert.equal(row.question, 'What is there?');
      assert.equal(row.groundTruth, 'all');
      assert.deepEqual(row.context, ['a passage']);
      const root = rootOf(row);
      assert.deepEqual(root.metadata, { plan: 'pro', turns });
      for (let turn = 0; turn < turns; turn++) {
        const [call, tool] = root.steps.slice(2 * turn);
        assert.equal(call?.output, `answer ${turn}`);
        assert.deepEqual(tool?.output, { found: `result ${turn}` });
        // The beginning of the prompt, however little room is left.
        assert.match(
          JSON.stringify(call?.inputs),
          /^\{"prompt":\[\{"role":"system","content":"You are/,
        );
      }
      assert.ok(JSON.stringify(row).length < 1.2 * ROOM);
    });
  }

  it('has the error that ended it', async () => {
    using traces = record();
    const fail = trace(
      async () => {
        await runAgent(60);
        throw new TypeError(`too much of it: ${'x'.repeat(300)}`);
      },
      { name: 'agent' },
    );
    await assert.rejects(fail);
    assert.match(String(rootOf(await traces.row()).metadata?.error), /^too much of it: x{300}$/);
  });

  it('keeps as many short values as fit', async () => {
    using traces = record({ limits: { maxTraceChars: 20_000 } });
    trace(
      () => {
        for (let i = 0; i < 100; i++) startStep(`step ${i}`).end();
        for (let i = 0; i < 40; i++) step(`text ${i}`, () => 'y'.repeat(400));
        updateCurrentTrace({ output: 'z'.repeat(1000) });
      },
      { name: 'job' },
    )();
    const { output, steps } = await traces.row();
    assert.equal(output, 'z'.repeat(1000));
    const whole = steps[0]?.steps.filter((each) => each.output === 'y'.repeat(400));
    assert.equal(whole?.length, 40);
  });
});
