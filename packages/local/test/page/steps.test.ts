import assert from 'node:assert/strict';
import type { StepColumns, TraceDetail } from '../../src/page-api.ts';
import { call, PIPELINE, requestOf, send } from '../client.js';
import { allSteps, got, lenientServer, read } from './read.js';

const step = (name: string, more: object = {}) => ({
  ...requestOf('x').rows[0]?.steps[0],
  name,
  steps: [],
  ...more,
});

describe('the steps of a trace, as columns', () => {
  it('have every fact of the summaries', async () => {
    await using server = await lenientServer();
    const model = {
      type: 'chat_completion',
      model: 'gpt-5',
      provider: 'openai',
      promptTokens: 3,
      completionTokens: 4,
      tokens: 7,
      cost: 0.25,
      metadata: { timeToFirstToken: 12, chunkTimes: [12, 13.5], error: 'no', unfinished: true },
    };
    const inner = [step('a', model), step('b', { endTime: 5 }), step('a')];
    await send(server, requestOf('x', { steps: [step('root', { steps: inner }), step('other')] }));
    const { steps } = await got<TraceDetail>(server, 'traces/1');
    assert.equal(steps.length, 5);
    assert.equal(steps[1]?.chunks.length, 2);
    assert.equal(steps[1]?.chunkCount, 2);
    assert.equal(steps[2]?.chunkCount, null);
    for (const count of [1, 2, 40_000]) assert.deepEqual(await allSteps(server, 1, count), steps);
  });

  it('have the number of all chunks, and the times of 200', async () => {
    await using server = await lenientServer();
    const streams = [200, 201, 5000].map((length) =>
      step(`${length}`, { metadata: { chunkTimes: Array.from({ length }, (_, n) => n) } }),
    );
    await send(server, requestOf('x', { steps: [step('root', { steps: streams })] }));
    const { steps } = await got<TraceDetail>(server, 'traces/1');
    assert.deepEqual(
      steps.slice(1).map(({ chunks, chunkCount }) => [chunks.length, chunkCount]),
      [
        [200, 200],
        [200, 201],
        [200, 5000],
      ],
    );
    assert.deepEqual(await allSteps(server, 1, 40_000), steps);
  });

  it('are at most 40,000 at a time', async () => {
    await using server = await lenientServer();
    const steps = Array.from({ length: 40_001 }, () => ({ name: 's', type: 'tool' }));
    await send(server, requestOf('x', { steps }));
    const lengthOf = async (query: string) =>
      (await got<StepColumns>(server, `traces/1/steps${query}`)).parent.length;
    assert.equal(await lengthOf(''), 40_000);
    assert.equal(await lengthOf('?count=40000'), 40_000);
    assert.equal(await lengthOf('?from=40000'), 1);
    assert.equal(await lengthOf('?from=40001'), 0);
    for (const query of ['?count=40001', '?count=0', '?from=-1', '?count=x']) {
      assert.equal((await read(server, `traces/1/steps${query}`)).status, 400, query);
    }
  });

  it('are fewer if their texts are long, so that a response stays below 8 MB', async () => {
    await using server = await lenientServer();
    const steps = Array.from({ length: 5000 }, (_, n) => ({ name: `${n}${'\u0001'.repeat(290)}` }));
    await send(server, requestOf('x', { steps }));
    const { parent } = await got<StepColumns>(server, 'traces/1/steps');
    assert.ok(parent.length > 1 && parent.length < 4000, String(parent.length));
    assert.equal((await allSteps(server, 1, 40_000)).length, 5000);
  });

  it('are refused, as contents and matches are, for another version than the trace has', async () => {
    await using server = await lenientServer();
    await send(server, requestOf('x', { steps: [step('root', { output: 'one' })] }));
    const reads = ['steps?', 'steps/0?', 'find?q=one&'];
    const statuses = (version: string) =>
      Promise.all(
        reads.map(async (path) => {
          const query = new URLSearchParams({ version });
          return (await read(server, `traces/1/${path}${query}`)).status;
        }),
      );
    const versions: string[] = [];
    for (const text of ['good', 'good', 'none']) {
      const { version } = await got<TraceDetail>(server, 'traces/1');
      assert.ok(!versions.includes(version), version);
      assert.deepEqual(await statuses(version), [200, 200, 200]);
      for (const old of versions) assert.deepEqual(await statuses(old), [409, 409, 409]);
      versions.push(version);
      const update = { row: { human_feedback: text }, config: null };
      const path = `/inference-pipelines/${PIPELINE}/rows?inferenceId=x`;
      assert.equal((await call(server, 'PUT', path, update)).status, 200);
    }
    for (const path of reads) assert.equal((await read(server, `traces/1/${path}`)).status, 200);
  });

  it('are those of the row after its latest update', async () => {
    await using server = await lenientServer();
    await send(server, requestOf('x', { steps: [step('root', { output: 'one' })] }));
    const outputOf = async () =>
      (await got<{ output: unknown }>(server, 'traces/1/steps/0')).output;
    assert.equal(await outputOf(), 'one');
    // Of equal length and within a millisecond.
    for (const output of ['two', 'six', 'ten']) {
      const row = { steps: [step('root', { output })] };
      const path = `/inference-pipelines/${PIPELINE}/rows?inferenceId=x`;
      assert.equal((await call(server, 'PUT', path, { row, config: null })).status, 200);
      assert.equal(await outputOf(), output);
    }
  });
});
