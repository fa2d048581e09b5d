/** Spans of the Agents SDK of every kind, as steps. */

import assert from 'node:assert/strict';
import {
  setTraceProcessors,
  withCustomSpan,
  withFunctionSpan,
  withGenerationSpan,
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
