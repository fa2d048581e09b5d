/** Runs of Anthropic's agent SDK in requests whose responses are sent before the runs have ended. */

import assert from 'node:assert/strict';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { express5 } from '../contract/express/frameworks.ts';
import { stageOf } from '../contract/harness/stage.ts';
import {
  agentOf,
  assistant,
  type FakeQuery,
  type Json,
  result,
  SCRIPT,
  said,
} from './claude-agent.ts';

type Script = readonly (Json | (() => unknown))[];
type Read = (query: FakeQuery, answer: (text: unknown) => void) => Promise<void>;

const pause = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));

/** The rows of one request, whose response has the first result. */
async function rowsOf(script: Script, read: Read): Promise<WireRow[]> {
  const query = traceClaudeAgent(agentOf(...script));
  await using stage = await stageOf(express5, {
    define: (app) =>
      app.route('GET', '/ask', async () => {
        const text = await new Promise((resolve, reject) => {
          read(query({ prompt: 'Fix it.' }), resolve).catch(reject);
        });
        return { json: { text } };
      }),
  });
  const response = await fetch(`${stage.url}/ask`);
  assert.deepEqual(await response.json(), { text: 'It is fixed.' });
  return await stage.rows(1);
}

const answerAtResult: Read = async (query, answer) => {
  for await (const message of query) if (message.type === 'result') answer(message.result);
};

function runOf([row]: readonly WireRow[]): WireStep {
  const run = row?.steps[0]?.steps[0];
  assert.equal(run?.type, 'agent');
  return run as WireStep;
}

const costsOf = (run: WireStep): unknown[] =>
  run.steps
    .filter(({ type }) => type === 'chat_completion')
    .map(({ metadata }) => (metadata.billed as Json | undefined)?.estimatedCost);

describe('a run of the Claude agent SDK in a request that is answered at the result', () => {
  it('has its cost and all its tokens in the trace of the request', async () => {
    const run = runOf(await rowsOf([...SCRIPT, pause(300)], answerAtResult));
    assert.deepEqual(costsOf(run), [0.015, 0.015]);
    assert.deepEqual([run.metadata.ended, run.metadata.partial], [undefined, undefined]);
  });

  it('has what it does after its first result, although its prompt is a string', async () => {
    const second = [assistant('msg_3', [said('And more.')]), result({ result: 'And more.' })];
    const script = [...SCRIPT, pause(1600), ...second, pause(100)];
    const run = runOf(await rowsOf(script, answerAtResult));
    assert.deepEqual(run.output, ['It is fixed.', 'And more.']);
    assert.equal(costsOf(run).length, 3);
  });

  it('does not keep the trace open for long if nobody reads on', async () => {
    const startedMs = performance.now();
    const rows = await rowsOf([...SCRIPT, pause(1e6)], async (query, answer) => {
      const messages = query[Symbol.asyncIterator]();
      for (;;) {
        const { value } = await messages.next();
        if (value?.type !== 'result') continue;
        answer(value.result);
        return;
      }
    });
    assert.ok(performance.now() - startedMs < 20_000);
    const run = runOf(rows);
    assert.deepEqual(costsOf(run), [0.015, 0.015]);
    assert.deepEqual([run.metadata.ended, run.metadata.partial], [undefined, undefined]);
  });

  it('states its failure in the trace of the request if nobody reads on', async () => {
    const over = { subtype: 'error_max_turns', is_error: true, result: undefined, errors: ['max'] };
    const rows = await rowsOf([...SCRIPT.slice(0, 3), result(over)], async (query, answer) => {
      const messages = query[Symbol.asyncIterator]();
      for (;;) {
        const { value } = await messages.next();
        if (value?.type !== 'result') continue;
        answer('It is fixed.');
        return;
      }
    });
    const { error, errorType, ended, partial } = runOf(rows).metadata;
    assert.deepEqual([error, errorType], ['max', 'error_max_turns']);
    assert.deepEqual([ended, partial], [undefined, undefined]);
  });
});
