/** What the AI SDK tells its telemetry from version 7 on, and what becomes of it. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { renderTrace } from '@openlayer-tracing/local';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';
import { z } from 'zod';
import { rowsOf } from './stage.ts';

type Facts = Readonly<Record<string, unknown>>;

const SECRET = 'a secret';
const counted = { inputTokens: { total: 5 }, outputTokens: { total: 3 } };
const head = { usage: counted, warnings: [] };
const finish = (unified: string) => ({ finishReason: { unified, raw: unified } });
const text = (said: string) => ({ content: [{ type: 'text', text: said }], ...finish('stop') });
const call = {
  content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'rm', input: `{"path":"${SECRET}"}` }],
  ...finish('tool-calls'),
};

/** A model that says so, whole and streamed, and no more than `said` once it has the result of a tool. */
function model(said: { content: readonly Facts[] }, after = text('Done.'), version = 'v4'): never {
  const answerTo = ({ prompt }: { prompt: readonly Facts[] }) => ({
    ...(prompt.at(-1)?.role === 'tool' ? after : said),
    ...head,
  });
  return {
    ...{ specificationVersion: version, provider: 'acme.chat', modelId: 'm', supportedUrls: {} },
    doGenerate: async (asked: { prompt: readonly Facts[] }) => answerTo(asked),
    doStream: async (asked: { prompt: readonly Facts[] }) => {
      const { content, ...end } = answerTo(asked);
      const parts = content.flatMap((part): Facts[] => {
        if (part.type !== 'text') return [part];
        const id = '1';
        return [
          { type: 'text-start', id },
          { type: 'text-delta', id, delta: part.text },
          { type: 'text-end', id },
        ];
      });
      const all = [...parts, { type: 'finish', ...end }];
      return { stream: ReadableStream.from(all) };
    },
  } as never;
}

async function rootOf(run: () => Promise<unknown>): Promise<WireStep> {
  using captured = captureTraces();
  await trace(async () => void (await run().catch(() => {})), { name: 'request' })();
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0] as WireStep;
}

async function treeOf(run: () => Promise<unknown>): Promise<string> {
  using captured = captureTraces();
  await trace(async () => void (await run()), { name: 'request' })();
  const [row] = await rowsOf(captured, 1);
  return renderTrace(row as never, { timings: false })
    .split('\n')
    .slice(2)
    .join('\n');
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];
const remove = { inputSchema: z.object({ path: z.string() }), execute: async () => SECRET };

describe('the telemetry of the AI SDK', () => {
  before(() => {
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
    traceAISDK();
  });

  const asks: Readonly<Record<string, (telemetry: object) => Promise<unknown>>> = {
    generateText: async (telemetry) =>
      ai7.generateText({ model: model(text(SECRET)), prompt: SECRET, telemetry }),
    'generateText with tools': async (telemetry) =>
      ai7.generateText({
        model: model(call, text(SECRET)),
        prompt: SECRET,
        tools: { rm: ai7.tool(remove) },
        stopWhen: ai7.isStepCount(3),
        telemetry,
      }),
    streamText: async (telemetry) =>
      ai7.streamText({ model: model(text(SECRET)), prompt: SECRET, telemetry }).text,
    generateObject: async (telemetry) =>
      ai7.generateObject({
        model: model(text(`{"a":"${SECRET}"}`)),
        schema: z.object({ a: z.string() }),
        prompt: SECRET,
        telemetry,
      } as never),
    rerank: async (telemetry) =>
      ai7.rerank({
        model: {
          ...{ specificationVersion: 'v4', provider: 'acme.rank', modelId: 'rank' },
          doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 1 }] }),
        } as never,
        query: 'q',
        documents: [SECRET],
        telemetry,
      }),
  };
  for (const [name, ask] of Object.entries(asks)) {
    for (const integrations of [undefined, [{ onStart() {} }]]) {
      const how = integrations === undefined ? '' : ', told by the channel';
      it(`leaves out the content that a call hides: ${name}${how}`, async () => {
        const hidden = { recordInputs: false, recordOutputs: false };
        const telemetry = { ...hidden, ...(integrations && { integrations }) };
        const root = await rootOf(() => ask(telemetry));
        assert.doesNotMatch(JSON.stringify(root.steps), new RegExp(SECRET));
        const shown = await rootOf(() => ask(integrations ? { integrations } : {}));
        // The channel is not told of objects.
        if (integrations !== undefined && name === 'generateObject') return;
        assert.match(JSON.stringify(shown.steps), new RegExp(SECRET));
        // Whether it has tools is among what goes in.
        const typesOf = (step: WireStep) =>
          flat(step).map(({ type }) => type.replace('agent', 'chain'));
        assert.deepEqual(typesOf(root), typesOf(shown));
      });
    }
  }

  it('keeps the inputs of a call that hides only its outputs', async () => {
    const telemetry = { recordOutputs: false };
    const root = await rootOf(async () =>
      ai7.generateText({ model: model(text(SECRET)), prompt: 'hi there', telemetry }),
    );
    const shown = JSON.stringify(root.steps);
    assert.match(shown, /hi there/);
    assert.doesNotMatch(shown, new RegExp(SECRET));
  });

  it('records the parameters of each model call, also if a step of the run changes them', async () => {
    const providerOptions = { acme: { effort: 'high' } };
    const root = await rootOf(async () =>
      ai7.generateText({
        model: model(call),
        prompt: 'hi',
        tools: { rm: ai7.tool(remove) },
        stopWhen: ai7.isStepCount(3),
        providerOptions,
        temperature: 0.5,
        prepareStep: ({ stepNumber }) =>
          stepNumber === 0
            ? { toolChoice: { type: 'tool', toolName: 'rm' } }
            : { toolChoice: 'none' },
      }),
    );
    const calls = flat(root).filter(({ type }) => type === 'chat_completion');
    assert.deepEqual(
      calls.map(({ modelParameters }) => modelParameters),
      [
        {
          temperature: 0.5,
          tool_choice: { type: 'tool', toolName: 'rm' },
          provider_options: providerOptions,
        },
        { temperature: 0.5, tool_choice: 'none', provider_options: providerOptions },
      ],
    );
  });

  it('adds the facts of an embedding that only the end of the operation has', async () => {
    const embedder = {
      ...{ specificationVersion: 'v4', provider: 'acme.embed', modelId: 'e' },
      ...{ maxEmbeddingsPerCall: 1, supportsParallelCalls: false },
      doEmbed: async ({ values }: { values: readonly string[] }) => ({
        embeddings: values.map(() => [1, 2]),
        usage: { tokens: 2 },
        warnings: [{ type: 'other', message: 'slow' }],
        providerMetadata: { acme: { cost: '0.25' } },
        response: { headers: { 'x-request-id': `req_${values[0]}` } },
      }),
    } as never;
    const { steps } = await rootOf(async () => {
      await ai7.embed({ model: embedder, value: 'a', dimensions: 2 } as never);
      await ai7.embedMany({
        model: embedder,
        values: ['b', 'c'],
        telemetry: { functionId: 'index' },
      });
    });
    assert.deepEqual(
      steps.map(({ metadata }) => [metadata.requestId, metadata.functionId]),
      [
        ['req_a', undefined],
        ['req_b', 'index'],
        ['req_c', 'index'],
      ],
    );
    const [one, , last] = steps;
    for (const step of [one, last]) {
      assert.deepEqual(step?.metadata.providerMetadata, { acme: { cost: '0.25' } });
      assert.match(JSON.stringify(step?.metadata.warnings), /slow/);
    }
    assert.equal(one?.cost, 0.25);
  });

  it('records embeddings outside of a trace without a diagnostic', async () => {
    const embedder = {
      ...{ specificationVersion: 'v4', provider: 'acme.embed', modelId: 'e' },
      ...{ maxEmbeddingsPerCall: 1, supportsParallelCalls: false },
      doEmbed: async ({ values }: { values: readonly string[] }) => ({
        ...{ embeddings: values.map(() => [1, 2]), usage: { tokens: 2 }, warnings: [] },
        response: { headers: { 'x-request-id': 'req_1' } },
      }),
    } as never;
    const reported: string[] = [];
    using captured = captureTraces({
      logLevel: 'warn',
      onDiagnostic: ({ reason }) => reported.push(reason),
    });
    await ai7.embedMany({ model: embedder, values: ['a', 'b'] });
    assert.equal((await rowsOf(captured, 2)).length, 2);
    assert.deepEqual(reported, []);
  });

  it('fails an object that does not match its schema', async () => {
    const { steps } = await rootOf(async () => {
      const { object, partialObjectStream } = ai7.streamObject({
        model: model(text('{"a":1}')),
        schema: z.object({ a: z.string() }),
        prompt: 'hi',
      });
      for await (const _ of partialObjectStream);
      await object;
    });
    const [operation] = steps;
    assert.match(String(operation?.metadata.error), /schema/);
    assert.equal(operation?.steps[0]?.metadata.error, undefined);
  });

  it('records the context that the app lets the SDK pass on', async () => {
    const { steps } = await rootOf(async () =>
      ai7.generateText({
        model: model(text('Hello.')),
        prompt: 'hi',
        runtimeContext: { tenant: 'acme', secret: SECRET },
        telemetry: { includeRuntimeContext: { tenant: true } },
      }),
    );
    assert.deepEqual(steps[0]?.metadata.runtimeContext, { tenant: 'acme' });
  });
});

describe('a tool that needs an approval', () => {
  before(() => traceAISDK());

  const settings = {
    tools: { rm: ai7.tool(remove) },
    stopWhen: ai7.isStepCount(3),
  };
  const asked = () => ({ model: model(call), prompt: 'hi', ...settings });
  const asks: Readonly<Record<string, (approval: object) => Promise<unknown>>> = {
    generateText: async (approval) => ai7.generateText({ ...asked(), ...approval } as never),
    streamText: async (approval) => ai7.streamText({ ...asked(), ...approval } as never).text,
    'ToolLoopAgent.generate': async (approval) =>
      new ai7.ToolLoopAgent({ model: model(call), ...settings, ...approval } as never).generate({
        prompt: 'hi',
      }),
    'ToolLoopAgent.stream': async (approval) => {
      const agent = new ai7.ToolLoopAgent({
        model: model(call),
        ...settings,
        ...approval,
      } as never);
      return (await agent.stream({ prompt: 'hi' })).text;
    },
  };
  for (const [name, ask] of Object.entries(asks)) {
    const operation = name.replace(/ToolLoopAgent\./, '').replace(/^(generate|stream)$/, '$1Text');

    it(`has no step if it is denied, and its run continues: ${name}`, async () => {
      const denied = { toolApproval: { rm: () => ({ type: 'denied', reason: 'no way' }) } };
      const [run] = (await rootOf(() => ask(denied))).steps;
      assert.deepEqual(
        run?.steps.map(({ type }) => type),
        ['chat_completion', 'chat_completion'],
      );
      assert.equal(run?.name, `AI SDK ${operation}`);
      assert.match(JSON.stringify(run?.steps[1]?.inputs), /no way/);
      assert.match(JSON.stringify(run?.metadata.approvals), /"approved":false,"reason":"no way"/);
      assert.equal(run?.metadata.error, undefined);
    });

    it(`ends the run that waits for the approval: ${name}`, async () => {
      const [run] = (await rootOf(() => ask({ toolApproval: { rm: 'user-approval' } }))).steps;
      const [approval, ...others] = (run as WireStep).metadata.approvals as Facts[];
      assert.deepEqual(others, []);
      assert.deepEqual(
        [approval?.type, approval?.tool, run?.steps.length],
        ['tool-approval-request', 'rm', 1],
      );
    });
  }

  it('has a step if it was approved before the run', async () => {
    const toolApproval = { rm: 'user-approval' };
    const tree = await treeOf(async () => {
      const first = await ai7.generateText({ ...asked(), toolApproval } as never);
      const request = first.content.find(({ type }) => type === 'tool-approval-request');
      const { approvalId } = request as unknown as Facts;
      const answer = { type: 'tool-approval-response', approvalId, approved: true };
      const messages = [
        { role: 'user', content: 'hi' },
        ...first.response.messages,
        { role: 'tool', content: [answer] },
      ];
      await ai7.generateText({ ...asked(), prompt: undefined, messages, toolApproval } as never);
    });
    assert.equal(
      tree,
      `   ├─ AI SDK generateText [agent]
   │  └─ AI SDK Chat Completion [chat_completion]  m  5+3 tokens  → {"tool_calls":[{"name":"rm","arguments":{"path":"a secret"},"id":"c1"}]}
   └─ AI SDK generateText [agent]  → "Done."
      ├─ rm [tool]  → "a secret"
      └─ AI SDK Chat Completion [chat_completion]  m  5+3 tokens  → "Done."`,
    );
  });

  for (const approved of [true, false]) {
    it(`is recorded with the decision of version 6: ${approved ? 'approved' : 'denied'}`, async () => {
      const tools = traceTools({ rm: ai6.tool({ ...remove, needsApproval: true }) });
      const agent = () =>
        new ai6.ToolLoopAgent({
          model: traceModel(model(call, text('Done.'), 'v3')),
          tools,
          stopWhen: ai6.stepCountIs(3),
        });
      const root = await rootOf(async () => {
        const first = await agent().generate({ prompt: 'hi' });
        const request = first.content.find(({ type }) => type === 'tool-approval-request');
        const { approvalId } = request as unknown as Facts;
        const answer = { type: 'tool-approval-response', approvalId, approved, reason: 'no way' };
        const messages = [
          { role: 'user', content: 'hi' },
          ...first.response.messages,
          { role: 'tool', content: [answer] },
        ];
        await agent().generate({ messages } as never);
      });
      const types = ['chat_completion', ...(approved ? ['tool'] : []), 'chat_completion'];
      assert.deepEqual(
        root.steps.map(({ type }) => type),
        types,
      );
      assert.match(JSON.stringify(root.steps.at(-1)?.inputs), approved ? /a secret/ : /no way/);
    });
  }
});
