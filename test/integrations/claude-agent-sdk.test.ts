/** Runs of Anthropic's agent SDK as steps, by the messages that they yield. */

import assert from 'node:assert/strict';
import { getTracer, step as runStep } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { renderTrace } from '@openlayer-tracing/local';
import {
  type Asked,
  agentOf,
  assistant,
  call,
  FakeQuery,
  from,
  INIT,
  type Json,
  MODEL_USAGE,
  type Options,
  read,
  recorded,
  result,
  SCRIPT,
  said,
  toolResult,
  usage,
} from './claude-agent.ts';
import { rowsOf } from './stage.ts';

function treeOf(step: WireStep, indent = ''): string {
  const { type, name, output, promptTokens, completionTokens } = step;
  const tokens = type === 'chat_completion' ? ` ${promptTokens}+${completionTokens}` : '';
  const line = `${indent}${name} [${type}]${tokens} -> ${JSON.stringify(output)}\n`;
  return line + step.steps.map((each) => treeOf(each, `${indent}  `)).join('');
}

describe('a run of the Claude agent SDK', () => {
  it('is an agent step with its model calls and tools as children', async () => {
    const step = await recorded(agentOf(...SCRIPT), read);
    assert.equal(
      treeOf(step),
      [
        'Claude Agent [agent] -> "It is fixed."',
        '  Claude Chat Completion [chat_completion] 110+2 -> {"content":"I look.","tool_calls":[{"name":"Bash","arguments":{"command":"npm test"},"id":"t1"}]}',
        '  Bash [tool] -> "all green"',
        '  Claude Chat Completion [chat_completion] 110+2 -> "It is fixed."',
        '',
      ].join('\n'),
    );
    const [asked, tool, answered] = step.steps as [WireStep, WireStep, WireStep];
    assert.deepEqual(step.inputs, { prompt: 'Fix it.' });
    assert.deepEqual(asked.inputs, { prompt: [{ role: 'user', content: 'Fix it.' }] });
    assert.match(JSON.stringify(answered.inputs), /all green/);
    assert.deepEqual(
      [asked.provider, asked.model, asked.metadata.responseId],
      ['anthropic', 'claude-sonnet-4-6', 'msg_1'],
    );
    assert.deepEqual([tool.functionName, tool.arguments], ['Bash', { command: 'npm test' }]);
    const { sessionId, numTurns, finishReason, version, costUsd, partial } = step.metadata;
    assert.deepEqual(
      [sessionId, numTurns, finishReason, version, costUsd, partial],
      ['s1', 2, 'end_turn', '2.1.0', 0.03, undefined],
    );
    assert.deepEqual(step.metadata.modelUsage, MODEL_USAGE);
  });

  it('divides its cost among its model calls', async () => {
    const step = await recorded(agentOf(...SCRIPT), read);
    const costs = step.steps
      .filter(({ type }) => type === 'chat_completion')
      .map(({ metadata }) => (metadata.billed as { estimatedCost: number }).estimatedCost);
    assert.deepEqual(costs, [0.015, 0.015]);
  });

  it('has a step for tokens that no message has', async () => {
    const modelUsage = {
      'claude-sonnet-4-6': { ...MODEL_USAGE['claude-sonnet-4-6'], outputTokens: 304 },
      'claude-haiku-4-5': {
        inputTokens: 7,
        outputTokens: 1,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 2,
        costUSD: 0.001,
        provider: 'bedrock',
      },
    };
    const step = await recorded(agentOf(...SCRIPT.slice(0, -1), result({ modelUsage })), read);
    const [rest, other] = step.steps.slice(-2) as [WireStep, WireStep];
    assert.deepEqual(
      [rest.model, rest.promptTokens, rest.completionTokens, rest.metadata.isRestOfRun],
      ['claude-sonnet-4-6', 0, 300, true],
    );
    assert.deepEqual(
      [other.model, other.provider, other.promptTokens, other.completionTokens],
      ['claude-haiku-4-5', 'bedrock', 9, 1],
    );
    assert.deepEqual(other.metadata.billed, { estimatedCost: 0.001 });
    const sum = step.steps
      .filter(({ type }) => type === 'chat_completion')
      .reduce((all, { completionTokens }) => all + Number(completionTokens), 0);
    assert.equal(sum, 305);
  });

  it('has no cost if the SDK guesses it, or if a session is continued', async () => {
    const model = MODEL_USAGE['claude-sonnet-4-6'];
    const guessed = { 'claude-sonnet-4-6': { ...model, costBasis: 'unknown' } };
    const scripts: [Json, Asked][] = [
      [result({ modelUsage: guessed }), { prompt: 'Fix it.' }],
      [result(), { prompt: 'Fix it.', options: { resume: 's0' } }],
      [result(), { prompt: 'Fix it.', options: { continue: true } }],
    ];
    for (const [last, asked] of scripts) {
      const step = await recorded(agentOf(...SCRIPT.slice(0, -1), last), (query) =>
        read(query, asked),
      );
      assert.doesNotMatch(JSON.stringify(step), /estimatedCost/);
    }
  });

  it('has the exact tokens of a stream, and the time to the first one', async () => {
    const streamed = (event: Json): Json =>
      from({ type: 'stream_event', parent_tool_use_id: null, event });
    const step = await recorded(
      agentOf(
        INIT,
        streamed({ type: 'message_start', message: { id: 'msg_1', usage: usage(10, 1) } }),
        streamed({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: 'Hi' },
        }),
        assistant('msg_1', [said('Hi')]),
        streamed({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { output_tokens: 42 },
        }),
        result({ modelUsage: {} }),
      ),
      read,
    );
    const [answer, ...others] = step.steps as [WireStep];
    assert.deepEqual(others, []);
    assert.deepEqual([answer.completionTokens, answer.output], [42, 'Hi']);
    assert.equal(answer.metadata.finishReason, 'end_turn');
    assert.equal(typeof answer.metadata.timeToFirstToken, 'number');
  });

  it('keeps the received part of an answer that broke off', async () => {
    const streamed = (event: Json): Json =>
      from({ type: 'stream_event', parent_tool_use_id: null, event });
    const message = { id: 'msg_1', model: 'claude-sonnet-4-6', content: [], usage: usage(10, 1) };
    const step = await recorded(
      agentOf(
        INIT,
        streamed({ type: 'message_start', message }),
        streamed({ type: 'content_block_start', index: 0, content_block: said('') }),
        streamed({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: 'Half an' },
        }),
        () => {
          throw new Error('the process has ended');
        },
      ),
      (query) => read(query).catch(() => {}),
    );
    const [answer] = step.steps as [WireStep];
    assert.deepEqual(
      [answer.output, answer.model, answer.metadata.partial, answer.promptTokens],
      ['Half an', 'claude-sonnet-4-6', true, 110],
    );
  });

  it('has the prompt of each model call, and the usage of a subagent', async () => {
    const step = await recorded(
      agentOf(
        INIT,
        assistant('msg_1', [call('t1', 'Task', { subagent_type: 'reviewer', prompt: 'Review.' })]),
        toolResult('t1', 'Fine.', {
          tool_use_result: { content: 'Fine.', prompt: 'Review.', totalTokens: 77, agentId: 'a1' },
          isSynthetic: true,
        }),
        assistant('msg_2', [said('Done.')], { resume_reason: 'a hook' }),
        from({ type: 'rate_limit_event', rate_limit_info: { status: 'allowed' } }),
        from({ type: 'rate_limit_event', rate_limit_info: { status: 'allowed_warning' } }),
        from({ type: 'system', subtype: 'status', status: 'compacting' }),
        from({ type: 'system', subtype: 'status', status: null, compact_error: 'too long' }),
        result({ modelUsage: {} }),
      ),
      read,
    );
    const [, agent, answer] = step.steps as [WireStep, WireStep, WireStep];
    assert.deepEqual([agent.type, agent.metadata], ['agent', { totalTokens: 77, agentId: 'a1' }]);
    assert.match(JSON.stringify(answer.inputs), /"isSynthetic":true/);
    assert.equal(answer.metadata.resume_reason, 'a hook');
    assert.deepEqual(step.metadata.rateLimit, { status: 'allowed_warning' });
    assert.deepEqual(step.metadata.events, [{ type: 'status', compact_error: 'too long' }]);
  });

  it('has subagents with their own model calls as children', async () => {
    const inside = { parent_tool_use_id: 't1' };
    const step = await recorded(
      agentOf(
        INIT,
        assistant('msg_1', [call('t1', 'Task', { subagent_type: 'reviewer', prompt: 'Review.' })]),
        from({
          type: 'user',
          ...inside,
          message: { role: 'user', content: [said('Review.')] },
        }),
        assistant('msg_2', [call('t2', 'Read', { path: 'a' })], inside),
        toolResult('t2', [said('line 1'), said('line 2')], inside),
        assistant('msg_3', [said('All good.')], inside),
        toolResult('t1', 'All good.'),
        assistant('msg_4', [said('It is fixed.')]),
        result({ modelUsage: {} }),
      ),
      read,
    );
    assert.equal(
      treeOf(step).replaceAll(' [chat_completion] 110+2', ''),
      [
        'Claude Agent [agent] -> "It is fixed."',
        '  Claude Chat Completion -> {"tool_calls":[{"name":"Task","arguments":{"subagent_type":"reviewer","prompt":"Review."},"id":"t1"}]}',
        '  reviewer [agent] -> "All good."',
        '    Claude Chat Completion -> {"tool_calls":[{"name":"Read","arguments":{"path":"a"},"id":"t2"}]}',
        '    Read [tool] -> "line 1\\nline 2"',
        '    Claude Chat Completion -> "All good."',
        '  Claude Chat Completion -> "It is fixed."',
        '',
      ].join('\n'),
    );
  });

  describe('with a subagent in the background', () => {
    const inside = { parent_tool_use_id: 't1' };
    const launched = [
      INIT,
      assistant('msg_1', [call('t1', 'Agent', { subagent_type: 'reviewer', prompt: 'Review.' })]),
      toolResult('t1', 'Async agent launched.', {
        tool_use_result: { isAsync: true, status: 'async_launched', agentId: 'a1' },
      }),
      assistant('msg_2', [call('t2', 'Read', { path: 'a' })], inside),
      assistant('msg_3', [said('It runs.')]),
      toolResult('t2', 'line 1', inside),
      assistant('msg_4', [said('All good.')], inside),
    ];
    const told = (status: string): Json =>
      from({
        ...{ type: 'system', subtype: 'task_notification', task_id: 'a1', tool_use_id: 't1' },
        ...{ status, summary: 'The review is over.', output_file: '/tmp/a1' },
        usage: { total_tokens: 224, tool_uses: 1, duration_ms: 5 },
      });
    const done = [assistant('msg_5', [said('It is fixed.')]), result({ modelUsage: {} })];

    it('has the subagent with its own model calls as a child', async () => {
      const step = await recorded(agentOf(...launched, told('completed'), ...done), read);
      assert.equal(
        treeOf(step).replaceAll(' [chat_completion] 110+2', ''),
        [
          'Claude Agent [agent] -> "It is fixed."',
          '  Claude Chat Completion -> {"tool_calls":[{"name":"Agent","arguments":{"subagent_type":"reviewer","prompt":"Review."},"id":"t1"}]}',
          '  reviewer [agent] -> "All good."',
          '    Claude Chat Completion -> {"tool_calls":[{"name":"Read","arguments":{"path":"a"},"id":"t2"}]}',
          '    Read [tool] -> "line 1"',
          '    Claude Chat Completion -> "All good."',
          '  Claude Chat Completion -> "It runs."',
          '  Claude Chat Completion -> "It is fixed."',
          '',
        ].join('\n'),
      );
    });

    it('has the end of the subagent, when that is received', async () => {
      const ends: [readonly Json[], ended: string | undefined, error: string | undefined][] = [
        [[told('completed')], undefined, undefined],
        [[told('stopped')], 'left', undefined],
        [[told('failed')], undefined, 'The review is over.'],
        [[], 'unfinished', undefined],
      ];
      for (const [end, ended, error] of ends) {
        const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
        const step = await recorded(agentOf(...launched, wait, ...end, ...done), read);
        const agent = step.steps[1] as WireStep;
        assert.deepEqual([agent.metadata.ended, agent.metadata.error], [ended, error]);
        assert.equal(agent.metadata.agentId, 'a1');
        assert.ok(agent.latency >= 25, `it took ${agent.latency} ms`);
      }
    });

    it('has what a subagent does after its end', async () => {
      const wait = () => new Promise((resolve) => setTimeout(resolve, 30));
      const more = assistant('msg_6', [said('One more thing.')], inside);
      const failed = toolResult('t1', 'exit code 1', { is_error: true });
      const endings: [readonly Json[], error: string | undefined][] = [
        [[...launched.slice(0, 2), toolResult('t1', 'Fine.')], undefined],
        [[...launched.slice(0, 2), failed], 'exit code 1'],
        [[...launched, told('completed')], undefined],
      ];
      for (const [begun, error] of endings) {
        const step = await recorded(agentOf(...begun, wait, more, ...done), read);
        const agent = step.steps[1] as WireStep;
        assert.equal(agent.steps.at(-1)?.output, 'One more thing.');
        assert.deepEqual([agent.metadata.ended, agent.metadata.error], [undefined, error]);
        assert.ok(agent.latency >= 25, `it took ${agent.latency} ms`);
      }
    });
  });

  it('has steps of tools in this process as children', async () => {
    const query = (asked: Asked): FakeQuery => {
      // As the SDK calls the tools of an app: from what was begun when the query was made.
      const ran = Promise.resolve().then(() => runStep('look it up', () => 'found'));
      return agentOf(INIT, () => ran, result({ modelUsage: {} }))(asked);
    };
    const step = await recorded(query, read);
    assert.deepEqual(
      step.steps.map(({ name, output }) => [name, output]),
      [['look it up', 'found']],
    );
  });

  it('keeps other messages and fields', async () => {
    const step = await recorded(
      agentOf(
        INIT,
        from({
          type: 'system',
          subtype: 'compact_boundary',
          compact_metadata: { trigger: 'auto' },
        }),
        from({ type: 'system', subtype: 'status', status: null }),
        from({ type: 'weather', sky: 'blue' }),
        result({
          modelUsage: {},
          structured_output: { fixed: true },
          permission_denials: [{ tool_name: 'Bash', tool_use_id: 't1', tool_input: {} }],
        }),
      ),
      read,
    );
    assert.deepEqual(step.output, { fixed: true });
    assert.deepEqual(step.metadata.events, [
      { type: 'compact_boundary', compact_metadata: { trigger: 'auto' } },
      { type: 'weather', sky: 'blue' },
    ]);
    assert.match(JSON.stringify(step.metadata.permission_denials), /Bash/);
    assert.deepEqual(step.metadata.tools, ['Bash']);
  });

  it('has its options without secrets', async () => {
    const options = {
      model: 'claude-sonnet-4-6',
      maxTurns: 3,
      systemPrompt: 'Be brief.',
      env: { ANTHROPIC_API_KEY: 'sk-secret' },
      mcpServers: { files: { headers: { authorization: 'sk-secret' } } },
    };
    const step = await recorded(agentOf(...SCRIPT), (query) =>
      read(query, { prompt: 'Fix it.', options }),
    );
    assert.deepEqual(step.metadata.parameters, {
      model: 'claude-sonnet-4-6',
      maxTurns: 3,
      mcpServers: ['files'],
    });
    assert.deepEqual(step.inputs, { prompt: 'Fix it.', systemPrompt: 'Be brief.' });
    assert.doesNotMatch(JSON.stringify(step), /sk-secret/);
  });

  it('has no content with content: false', async () => {
    const script = JSON.parse(
      JSON.stringify(SCRIPT).replace(/I look|It is fixed|all green|npm test/g, 'SAID'),
    ) as Json[];
    for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
      const step = await recorded(
        agentOf(...script, from({ type: 'weather', sky: 'SAID' })),
        (query) => read(query, { prompt: 'SAID', options: { systemPrompt: 'SAID' } }),
        options,
      );
      assert.doesNotMatch(JSON.stringify(step), /SAID/);
      assert.equal(step.steps[0]?.promptTokens, 110);
    }
  });
});

describe('the end of a run of the Claude agent SDK', () => {
  const begun = SCRIPT.slice(0, 3);

  it('has no message of an error with content: false', async () => {
    for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
      const over = { subtype: 'error_during_execution', errors: [], result: 'SAID' };
      const step = await recorded(agentOf(...begun, result(over)), read, options);
      assert.doesNotMatch(JSON.stringify(step), /SAID/);
    }
  });

  it('is a failure if its result is an error', async () => {
    const failures: [Json, string, string][] = [
      [
        { subtype: 'error_max_turns', errors: ['too many turns'] },
        'error_max_turns',
        'too many turns',
      ],
      [{ is_error: true, result: 'API Error: 500' }, 'error', 'API Error: 500'],
      [{ subtype: 'error_during_execution', errors: [] }, 'error_during_execution', 'It is fixed.'],
    ];
    for (const [over, type, message] of failures) {
      const step = await recorded(agentOf(...begun, result(over)), read);
      assert.deepEqual([step.metadata.errorType, step.metadata.error], [type, message]);
    }
  });

  for (const reason of ['aborted_streaming', 'aborted_tools']) {
    it(`is none of a failure if the app interrupts it: ${reason}`, async () => {
      const stated = { subtype: 'error_during_execution', is_error: true, errors: ['aborted'] };
      const over = { ...stated, result: undefined, terminal_reason: reason };
      const step = await recorded(agentOf(...begun, result(over)), read);
      const { error, ended, partial, terminalReason } = step.metadata;
      assert.deepEqual([error, ended, partial, terminalReason], [undefined, 'left', true, reason]);
    });
  }

  it('is a failure if its time is over, however the SDK states that', async () => {
    const aborted = {
      ...{ subtype: 'error_during_execution', is_error: true, errors: ['aborted'] },
      ...{ result: undefined, terminal_reason: 'aborted_streaming' },
    };
    const ends: readonly (Json | (() => never))[] = [
      result(aborted),
      () => {
        throw Object.assign(new Error('aborted by user'), { name: 'AbortError' });
      },
    ];
    for (const end of ends) {
      const abortController = new AbortController();
      const options = { abortController };
      const expire = () => abortController.abort(new DOMException('too slow', 'TimeoutError'));
      const step = await recorded(agentOf(...begun, expire, end), (query) =>
        read(query, { prompt: 'Fix it.', options }),
      );
      assert.deepEqual([step.metadata.error, step.metadata.ended], ['too slow', undefined]);
    }
  });

  it('is complete if the app goes on after an interrupt', async () => {
    const stated = { subtype: 'error_during_execution', is_error: true, errors: ['aborted'] };
    const over = { ...stated, result: undefined, terminal_reason: 'aborted_streaming' };
    const step = await recorded(agentOf(...begun, result(over), result()), read);
    assert.deepEqual([step.metadata.error, step.metadata.ended], [undefined, undefined]);
  });

  it('is a failure if it throws, with the work until then', async () => {
    const query = agentOf(...begun, () => {
      throw new Error('the process exited with code 1');
    });
    const step = await recorded(query, read);
    assert.equal(step.metadata.error, 'the process exited with code 1');
    assert.deepEqual([step.metadata.partial, step.metadata.ended], [true, undefined]);
    const [answer, tool] = step.steps as [WireStep, WireStep];
    assert.equal(answer.metadata.responseId, 'msg_1');
    assert.deepEqual([tool.name, tool.metadata.ended], ['Bash', 'unfinished']);
  });

  it('passes on the error of a query that throws, also if it cannot be recorded', async () => {
    const thrown = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new TypeError('not for you');
      },
    });
    const throwing = (_asked: Asked): FakeQuery => {
      throw thrown;
    };
    const query = traceClaudeAgent(throwing, { content: false });
    using captured = captureTraces();
    await runStep('request', async () => {
      let received: unknown;
      try {
        query({ prompt: 'Fix it.' });
      } catch (error) {
        received = error;
      }
      assert.equal(received, thrown);
    });
    await rowsOf(captured, 1);
  });

  it('is `left` if the app stops reading, aborts or closes it', async () => {
    const abortController = new AbortController();
    const never = () => new Promise(() => {});
    const ways: (() => Promise<WireStep>)[] = [
      () =>
        recorded(agentOf(...begun, never), async (query) => {
          for await (const message of query({ prompt: 'Fix it.' })) {
            if (message.type === 'assistant') break;
          }
        }),
      () =>
        recorded(
          agentOf(...begun, () => {
            abortController.abort();
            throw Object.assign(new Error('aborted by user'), { name: 'AbortError' });
          }),
          (query) => read(query, { prompt: 'Fix it.', options: { abortController } }),
        ),
      () =>
        recorded(agentOf(...begun, never), async (query) => {
          const messages = query({ prompt: 'Fix it.' });
          await messages.next();
          await messages.next();
          await messages.return();
        }),
      () =>
        recorded(agentOf(...begun, never), async (query) => {
          const messages = query({ prompt: 'Fix it.' });
          await messages.next();
          messages.close();
          assert.equal(messages.closed, true);
        }),
      () =>
        recorded(agentOf(...begun, never), async (query) => {
          await using messages = query({ prompt: 'Fix it.' });
          await messages.next();
          return messages;
        }),
    ];
    for (const way of ways) {
      const { metadata } = await way();
      assert.deepEqual(
        [metadata.ended, metadata.partial, metadata.error],
        ['left', true, undefined],
      );
    }
  });

  it('is complete if the app stops reading at the result', async () => {
    const query = agentOf(...SCRIPT, () => new Promise(() => {}));
    const { output, metadata } = await recorded(query, async (traced) => {
      for await (const message of traced({ prompt: 'Fix it.' })) {
        if (message.type === 'result') break;
      }
    });
    assert.deepEqual(
      [output, metadata.partial, metadata.ended],
      ['It is fixed.', undefined, undefined],
    );
  });

  it('is as its result states if the app stops reading there, whatever the result is', async () => {
    const stops: [Json, string | undefined][] = [
      [{ subtype: 'error_max_turns', is_error: true, result: undefined, errors: ['max'] }, 'max'],
      [{ result: '' }, undefined],
    ];
    for (const [over, error] of stops) {
      const step = await recorded(agentOf(...begun, result(over)), async (query) => {
        for await (const message of query({ prompt: 'Fix it.' })) {
          if (message.type === 'result') break;
        }
      });
      const { partial, ended } = step.metadata;
      assert.deepEqual([step.metadata.error, partial, ended], [error, undefined, undefined]);
    }
  });

  it('is `left` if the app stops reading in a turn after a result', async () => {
    const query = agentOf(...SCRIPT, assistant('msg_3', [said('I look again.')]));
    const step = await recorded(query, async (traced) => {
      let answers = 0;
      for await (const message of traced({ prompt: 'Fix it.' })) {
        if (message.type === 'assistant' && ++answers === 4) break;
      }
    });
    assert.deepEqual([step.metadata.partial, step.metadata.ended], [true, 'left']);
  });

  it('is the last of several results if the prompt is an iterable', async () => {
    async function* prompts() {
      yield { type: 'user', message: { role: 'user', content: 'one' } };
      yield { type: 'user', message: { role: 'user', content: 'two' } };
    }
    const step = await recorded(
      agentOf(
        INIT,
        assistant('msg_1', [said('1')]),
        result({ result: '1', total_cost_usd: 0.01, modelUsage: {} }),
        assistant('msg_2', [said('2')]),
        result({ result: '2' }),
      ),
      (query) => read(query, { prompt: prompts() }),
    );
    assert.deepEqual(step.output, ['1', '2']);
    assert.deepEqual(step.inputs, {
      prompt: [
        { role: 'user', content: 'one' },
        { role: 'user', content: 'two' },
      ],
    });
    assert.equal(step.metadata.costUsd, 0.03);
  });

  it('has the errors of its model calls and tools in their steps', async () => {
    const step = await recorded(
      agentOf(
        INIT,
        assistant('msg_1', [call('t1', 'Bash', { command: 'false' })]),
        toolResult('t1', 'exit code 1', { is_error: true }),
        assistant('msg_2', [said('Overloaded, try later.')], {
          error: 'overloaded',
          message: { model: '<synthetic>' },
        }),
        result({ modelUsage: {} }),
      ),
      read,
    );
    const [, tool, answer] = step.steps as [WireStep, WireStep, WireStep];
    assert.deepEqual([tool.metadata.errorType, tool.metadata.error], ['ToolError', 'exit code 1']);
    assert.deepEqual(
      [answer.metadata.errorType, answer.metadata.error, answer.model],
      ['overloaded', 'Overloaded, try later.', null],
    );
  });
});

describe('a traced query of the Claude agent SDK', () => {
  it('behaves as before', async () => {
    using captured = captureTraces();
    const query = agentOf(...SCRIPT);
    const traced = traceClaudeAgent(query);
    assert.deepEqual([traced.name, traced.length], [query.name, query.length]);
    assert.deepEqual(await read(traced), SCRIPT);
    const running = traced({ prompt: 'Fix it.' });
    assert.ok(running instanceof FakeQuery);
    assert.deepEqual(Object.keys(running), Object.keys(query({ prompt: 'Fix it.' })));
    await running.interrupt();
    assert.equal(running.interrupted, true);
    assert.deepEqual((await running.next()).value, INIT);
    await running.return();
    const broken = traced({ prompt: 'Fix it.' });
    const error = new Error('mine');
    await assert.rejects(broken.throw(error), (thrown) => thrown === error);
    await rowsOf(captured, 3);
  });

  it('is traced once, also if traceClaudeAgent is called again', async () => {
    using captured = captureTraces();
    const traced = traceClaudeAgent(traceClaudeAgent(agentOf(...SCRIPT)));
    await read(traced);
    assert.equal((await rowsOf(captured, 1)).length, 1);
  });

  it('may be one of a process that was started before', async () => {
    using captured = captureTraces();
    const warm = {
      closed: false,
      query: (prompt: string) => agentOf(...SCRIPT)({ prompt }),
      close() {
        this.closed = true;
      },
    };
    assert.equal(traceClaudeAgent(warm), warm);
    for await (const _ of warm.query('Fix it.'));
    const [row] = await rowsOf(captured, 1);
    assert.deepEqual(row?.steps[0]?.inputs, { prompt: 'Fix it.' });
  });

  it('is a child of the current step', async () => {
    using captured = captureTraces();
    const trace = getTracer().startTrace('outer');
    const traced = traceClaudeAgent(agentOf(...SCRIPT));
    await Promise.all(
      ['one', 'two'].map((name) =>
        trace.step(name, () => read(traced, { prompt: name }).then(() => name)),
      ),
    );
    trace.end();
    const [row] = await rowsOf(captured, 1);
    assert.ok(row);
    assert.match(
      renderTrace(row, { timings: false }),
      /one.*\n.*Claude Agent[\s\S]*two.*\n.*Claude Agent/,
    );
  });

  it('keeps the first of very many results', async () => {
    const answers = Array.from({ length: 100 }, (_, i) => result({ result: `answer ${i}` }));
    const { output } = await recorded(agentOf(INIT, ...answers), read);
    assert.ok(Array.isArray(output));
    assert.deepEqual([output.length, output[0], output.at(-1)], [32, 'answer 0', 'answer 31']);
  });

  it('throws if the argument is none', () => {
    for (const other of [{}, 'query', null, { query: 1 }]) {
      assert.throws(() => traceClaudeAgent(other as object), /takes the function query/);
    }
    assert.throws(() => traceClaudeAgent(agentOf(), { contents: true } as Options), /contents/);
  });
});
