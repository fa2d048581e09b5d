/** Spans of the Agents SDK of every kind, as steps. */

import assert from 'node:assert/strict';
import {
  setTraceProcessors,
  withAgentSpan,
  withCustomSpan,
  withFunctionSpan,
  withGenerationSpan,
  withGuardrailSpan,
  withMCPListToolsSpan,
  withResponseSpan,
  withSpeechSpan,
  withTrace,
  withTranscriptionSpan,
  withTurnSpan,
} from '@openai/agents';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { rowsOf } from './stage.ts';

const SOUND = 'QUJD'.repeat(4);

/** Runs a span in a workflow. @returns its step */
async function stepOf(run: () => Promise<unknown>): Promise<WireStep> {
  using captured = captureTraces();
  await withTrace('workflow', async () => {
    await run();
  });
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0]?.steps[0] as WireStep;
}

/** Sets what a span says when it is over. */
const saying = (data: object) => async (span: { readonly spanData: object }) => {
  Object.assign(span.spanData, data);
};

describe('a span of the Agents SDK', () => {
  before(() => setTraceProcessors([agentsTraceProcessor()]));

  it('of a transcription has a name in place of its audio', async () => {
    const input = { data: SOUND, format: 'pcm' };
    const said = { model: 'gpt-4o-transcribe', output: 'Hello.' };
    const step = await stepOf(() =>
      withTranscriptionSpan(saying(said), { data: { input, model: said.model } }),
    );
    assert.equal(step.type, 'chat_completion');
    assert.deepEqual(step.inputs, { input: '[audio/pcm, 12 bytes]' });
    assert.equal(step.output, 'Hello.');
    assert.equal(step.model, 'gpt-4o-transcribe');
  });

  it('of speech has a name in place of its audio', async () => {
    const output = { data: SOUND, format: 'pcm' };
    const step = await stepOf(() =>
      withSpeechSpan(saying({}), { data: { input: 'Hello.', output, model: 'gpt-4o-mini-tts' } }),
    );
    assert.deepEqual(step.inputs, { input: 'Hello.' });
    assert.equal(step.output, '[audio/pcm, 12 bytes]');
  });

  it('of a model of another provider has its items and token counts', async () => {
    const output = [
      { type: 'message', content: [{ type: 'output_text', text: 'Hello.' }] },
      { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{"city":"Oslo"}' },
    ];
    const usage = { input_tokens: 7, output_tokens: 3 };
    const step = await stepOf(() => withGenerationSpan(saying({ model: 'm', output, usage })));
    assert.deepEqual(step.output, {
      content: 'Hello.',
      tool_calls: [{ name: 'weather', arguments: { city: 'Oslo' }, id: 'c' }],
    });
    assert.deepEqual([step.promptTokens, step.completionTokens, step.tokens], [7, 3, 10]);
  });

  it('of a chat whose token counts are outside of the response has those counts', async () => {
    const completion = {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, message: { content: 'Hi.' } }],
    };
    const usage = { input_tokens: 7, output_tokens: 3 };
    const step = await stepOf(() =>
      withGenerationSpan(saying({ model: 'm', output: [completion], usage })),
    );
    assert.equal(step.output, 'Hi.');
    assert.deepEqual([step.promptTokens, step.completionTokens], [7, 3]);
  });

  it('of an MCP tool has the data that the server returned', async () => {
    const said = { name: 'weather', input: '{}', output: 'sunny', mcp_data: '{"server":"sky"}' };
    const step = await stepOf(() =>
      withFunctionSpan(saying(said), { data: { name: 'weather', input: '{}', output: '' } }),
    );
    assert.equal(step.type, 'tool');
    assert.deepEqual(step.metadata.mcp, { server: 'sky' });
  });

  it('of a list of MCP tools names the server', async () => {
    const step = await stepOf(() =>
      withMCPListToolsSpan(saying({ server: 'sky', result: ['weather'] })),
    );
    assert.deepEqual([step.output, step.metadata.server], [['weather'], 'sky']);
  });

  it('of an unknown type keeps all of its fields', async () => {
    const step = await stepOf(() =>
      withCustomSpan(saying({ type: 'dance', name: 'waltz', steps: 3, data: { turns: 2 } }), {
        data: { name: 'waltz', data: {} },
      }),
    );
    assert.deepEqual([step.name, step.output, step.metadata.steps], ['waltz', { turns: 2 }, 3]);
  });

  it('of a response that states an error has failed', async () => {
    const error = { code: 'server_error', message: 'the model is overloaded' };
    const response = { id: 'r', object: 'response', status: 'failed', error, output: [] };
    const step = await stepOf(() => withResponseSpan(saying({ _response: response })));
    assert.match(JSON.stringify(step.metadata), /the model is overloaded/);
  });

  it('of a response that the app hides has the token counts of its turn', async () => {
    const usage = {
      ...{ input_tokens: 20, output_tokens: 9 },
      ...{ cached_input_tokens: 5, cache_write_input_tokens: 0 },
    };
    const step = await stepOf(() =>
      withTurnSpan(
        async (turn) => {
          await withResponseSpan(saying({ response_id: 'resp_1' }));
          await saying({ usage })(turn);
        },
        { data: { turn: 1, agent_name: 'Helper' } },
      ),
    );
    assert.deepEqual([step.promptTokens, step.completionTokens], [20, 9]);
    assert.equal(step.metadata.responseId, 'resp_1');
  });

  it('with token counts of its own does not get those of its turn too', async () => {
    const usage = { input_tokens: 7, output_tokens: 3 };
    const step = await stepOf(() =>
      withTurnSpan(
        async (turn) => {
          await withGenerationSpan(saying({ model: 'm', usage }));
          await saying({ usage: { ...usage, input_tokens: 99 } })(turn);
        },
        { data: { turn: 1, agent_name: 'Helper' } },
      ),
    );
    assert.equal(step.promptTokens, 7);
  });

  it('that failed has the data of the error beside the message', async () => {
    const step = await stepOf(() =>
      withFunctionSpan(
        async (span) => span.setError({ message: 'no weather', data: { city: 'Oslo' } }),
        { data: { name: 'weather', input: '{}', output: '' } },
      ),
    );
    assert.equal(step.metadata.error, 'no weather');
    assert.deepEqual(step.metadata.errorData, { city: 'Oslo' });
  });

  it('is a child of its workflow, which has the group and metadata', async () => {
    using captured = captureTraces();
    await withTrace('workflow', async () => {}, { groupId: 'chat_1', metadata: { plan: 'pro' } });
    const [row] = await rowsOf(captured, 1);
    const { groupId, metadata, agentsTraceId } = row?.steps[0]?.metadata ?? {};
    assert.deepEqual([groupId, metadata], ['chat_1', { plan: 'pro' }]);
    assert.match(String(agentsTraceId), /^trace_/);
  });

  const said = (text: string) => [{ type: 'message', content: [{ type: 'output_text', text }] }];
  const call = { type: 'function_call', call_id: 'c', name: 'weather', arguments: '{}' };
  const asks = (text: string, output: readonly object[], more: object = {}) =>
    withResponseSpan(
      saying({
        _input: [{ role: 'user', content: text }],
        _response: { id: 'r', model: 'm', status: 'completed', output, ...more },
      }),
    );
  const agent = (name: string, run: () => Promise<unknown>) =>
    withAgentSpan(async () => void (await run()), { data: { name } });

  it('of an agent has the prompt of its first model call and its answer, and so has the workflow', async () => {
    using captured = captureTraces();
    await withTrace('workflow', async () => {
      await agent('first', async () => {
        await asks('one', [call]);
        await withFunctionSpan(
          async () => {
            await agent('within', () => asks('two', said('inner')));
          },
          { data: { name: 'weather', input: '{}', output: 'sunny' } },
        );
        await asks('three', [...said('wait'), call]);
      });
      await withGuardrailSpan(
        async () => {
          await agent('judge', () => asks('is it four', said('yes')));
        },
        { data: { name: 'fair', triggered: false } },
      );
      await agent('second', () =>
        withTurnSpan(() => asks('four', said('the end')), {
          data: { turn: 1, agent_name: 'second' },
        }),
      );
    });
    const [row] = await rowsOf(captured, 1);
    const told: unknown[] = [];
    const visit = (step: WireStep): void => {
      const { prompt } = (step.inputs ?? {}) as { prompt?: readonly { content: string }[] };
      if (step.type === 'agent' || step.type === 'chain')
        told.push([step.name, prompt?.map(({ content }) => content), step.output]);
      step.steps.forEach(visit);
    };
    visit(row?.steps[0] as WireStep);
    assert.deepEqual(told, [
      ['workflow', ['one'], 'the end'],
      ['first', ['one'], null],
      ['within', ['two'], 'inner'],
      ['judge', ['is it four'], 'yes'],
      ['second', ['four'], 'the end'],
    ]);
    assert.equal(row?.output, 'the end');
  });

  it('of an agent has neither with content: false', async () => {
    setTraceProcessors([agentsTraceProcessor({ content: false })]);
    try {
      const step = await stepOf(() =>
        agent('first', () => asks('a secret', said('a secret'), { instructions: 'a secret' })),
      );
      assert.doesNotMatch(JSON.stringify(step), /a secret/);
    } finally {
      setTraceProcessors([agentsTraceProcessor()]);
    }
  });

  it('of a response has its instructions and tools once, among the inputs', async () => {
    const tools = [{ type: 'function', name: 'weather' }];
    const step = await stepOf(() => asks('one', said('two'), { instructions: 'Be brief.', tools }));
    assert.deepEqual(step.inputs, {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'one' },
      ],
      tools,
    });
    assert.deepEqual([step.metadata.instructions, step.metadata.tools], [undefined, undefined]);
  });

  it('has no content with content: false', async () => {
    setTraceProcessors([agentsTraceProcessor({ content: false })]);
    try {
      const said = { type: 'dance', name: 'waltz', note: 'a secret', data: { said: 'a secret' } };
      const step = await stepOf(() =>
        withCustomSpan(saying(said), { data: { name: 'waltz', data: {} } }),
      );
      assert.doesNotMatch(JSON.stringify(step), /a secret/);
    } finally {
      setTraceProcessors([agentsTraceProcessor()]);
    }
  });

  it('of a workflow that failed is recorded, unless 1,000 others failed since', async () => {
    const RUNS = 2000;
    using captured = captureTraces({ logLevel: 'off' });
    const processor = agentsTraceProcessor();
    const spanOf = (run: number, name: string) => ({
      ...{ spanId: `${name}_${run}`, parentId: null, traceId: `run_${run}`, error: null },
      spanData: { type: 'custom', name, data: {} },
    });
    // A span may end after its workflow, which cannot continue then.
    const late = spanOf(RUNS, 'late');
    await processor.onTraceStart({ traceId: late.traceId, name: 'workflow' });
    await processor.onSpanStart(late);
    await processor.onTraceEnd({ traceId: late.traceId });
    await processor.onSpanEnd({ ...late, error: { message: 'no' } });
    for (let run = 0; run < RUNS; run++) {
      await processor.onTraceStart({ traceId: `run_${run}`, name: 'workflow' });
      const span = spanOf(run, 'fails');
      await processor.onSpanStart(span);
      // The SDK does not tell of the end of the workflow then.
      await processor.onSpanEnd({ ...span, error: { message: 'no' } });
    }
    await rowsOf(captured, RUNS + 1);
    for (let run = 0; run < RUNS; run++) {
      const span = spanOf(run, 'goes on');
      await processor.onSpanStart(span);
      await processor.onSpanEnd(span);
    }
    const rows = await captured.rows();
    const goneOn = rows.filter((row) => JSON.stringify(row.steps).includes('goes on'));
    assert.equal(goneOn.length, 1000);
  });
});
