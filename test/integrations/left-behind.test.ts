/** Calls of clients and runs of frameworks that a request begins and does not wait for. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { tool as langChainTool } from '@langchain/core/tools';
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors, tool } from '@openai/agents';
import { type Trace, trace, type Usage } from '@openlayer-tracing/core';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import * as ai7 from 'ai7';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import OpenAI from 'openai7';
import { z } from 'zod';
import { later, until } from '../contract/harness/pause.ts';
import { Gate } from '../contract/harness/signals.ts';
import { ask, get, type LlmStage, llmStage } from './stage.ts';

/** Longer than a call may stand still that nobody reads. */
const TOOL_MS = 1500;

const parameters = z.object({ city: z.string() });
const about = { name: 'weather', description: 'The weather in a city' };

/** Each asks a model, runs a tool that takes its time, and asks the model again. */
type Job = (question: string) => Promise<unknown>;

function jobs(url: string): Readonly<Record<string, Job>> {
  const settings = { apiKey: 'k', baseURL: `${url}/v1` };
  const weather = async () => {
    await later(TOOL_MS);
    return 'sunny';
  };
  const model7 = createOpenAI7(settings).chat('gpt-5-mini');
  const lcModel = new ChatOpenAI({ model: 'm', apiKey: 'k', configuration: settings });
  // The SDK brings a copy of the same client, whose private members make it another type.
  const agentModel = new OpenAIChatCompletionsModel(new OpenAI(settings) as never, 'gpt-5-mini');
  const described = { ...about, inputSchema: parameters, execute: weather };
  return {
    'ai-sdk': (prompt) =>
      ai7.generateText({
        model: model7,
        prompt,
        tools: { weather: ai7.tool(described) },
        stopWhen: ai7.stepCountIs(3),
      }),
    langgraph: (content) => {
      const tools = [langChainTool(weather, { ...about, schema: parameters })];
      const bound = lcModel.bindTools(tools);
      return new StateGraph(MessagesAnnotation)
        .addNode('agent', async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
        .addNode('tools', new ToolNode(tools))
        .addEdge(START, 'agent')
        .addConditionalEdges('agent', toolsCondition)
        .addEdge('tools', 'agent')
        .compile()
        .invoke({ messages: [{ role: 'user', content }] });
    },
    'openai-agents': (question) => {
      const tools = [tool({ ...about, parameters, execute: weather })];
      return run(new Agent({ name: 'Helper', model: agentModel, tools }), question);
    },
  };
}

function stepsIn(row: WireRow, type: string): WireStep[] {
  const all = (steps: readonly WireStep[]): WireStep[] =>
    steps.flatMap((step) => [step, ...all(step.steps)]);
  return all(row.steps).filter((step) => step.type === type);
}

describe('what a request leaves behind', () => {
  before(() => {
    traceAISDK();
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });

  for (const isEarly of [true, false]) {
    const where = isEarly
      ? 'its trace'
      : 'a trace of its own where it begins after that was published';
    it(`is recorded to its end if a framework runs it, in ${where}`, async () => {
      const gate = new Gate();
      await using app = await llmStage({
        define: (define, _openai, { url, asked }) => {
          const all = jobs(url);
          define.route('GET', '/:name', async ({ params: { name = '' } }) => {
            const wasAsked = () => asked.some(({ body }) => JSON.stringify(body).includes(name));
            const begin = () => void all[name]?.(`left by ${name}`);
            if (isEarly) {
              begin();
              await until(wasAsked, 'the model to be asked');
            } else void gate.passed.then(begin);
            return { text: 'accepted' };
          });
        },
      });
      const names = Object.keys(jobs(''));
      await Promise.all(names.map((name) => get(app.stage, `/${name}`, name)));
      const requests = await app.stage.rows(names.length);
      gate.open();
      const rows = isEarly
        ? requests
        : (await app.stage.rows(2 * names.length)).filter(({ startedBy }) => startedBy);
      for (const row of rows) {
        const name = String(isEarly ? row.inferenceId : row.startedBy);
        const text = JSON.stringify(row.steps);
        assert.doesNotMatch(text, /unfinished/, name);
        assert.match(text, new RegExp(`left by ${name}`));
        for (const other of names) assert.equal(text.includes(`left by ${other}`), other === name);
        const outputs = (type: string) => stepsIn(row, type).map(({ output }) => output);
        assert.deepEqual(outputs('tool'), ['sunny', 'sunny'], name);
        const answers = outputs('chat_completion');
        assert.equal(answers.length, 2, name);
        assert.equal(answers[1], 'You said: sunny — ça va?', name);
        // The response did not wait for it.
        if (isEarly) assert.ok(row.latency < TOOL_MS, name);
      }
    });
  }

  describe('and a call that starts after its trace was published', () => {
    type AskLate = (app: Pick<LlmStage, 'openai' | 'llm'>) => Promise<unknown>;
    const ways: Readonly<Record<string, AskLate>> = {
      'a call': ({ openai }) => openai.chat.completions.create(ask('late')),
      'a stream': async ({ openai }) => {
        const stream = await openai.chat.completions.create({
          ...ask('late'),
          stream: true,
          stream_options: { include_usage: true },
        });
        for await (const _chunk of stream);
      },
      'a call of the AI SDK 7': ({ llm }) =>
        ai7.generateText({
          model: createOpenAI7({ apiKey: 'k', baseURL: `${llm.url}/v1` }).chat('gpt-5-mini'),
          prompt: 'late',
        }),
      'a run of LangChain': ({ llm }) =>
        new ChatOpenAI({
          model: 'm',
          apiKey: 'k',
          configuration: { baseURL: `${llm.url}/v1` },
        }).invoke('late'),
      'a call within a function that is traced': ({ openai }) =>
        trace(() => openai.chat.completions.create(ask('late')), { name: 'digest' })(),
    };
    for (const [what, askLate] of Object.entries(ways)) {
      it(`is a separate trace that names the first: ${what}`, async () => {
        const used: (readonly [string, number | undefined])[] = [];
        const onUsage = ({ tokens }: Usage, { inferenceId }: Trace) =>
          used.push([inferenceId, tokens]);
        const gate = new Gate();
        await using app = await llmStage({
          define: (define, openai, llm) =>
            define.route('GET', '/', () => {
              void gate.passed.then(() => askLate({ openai, llm }));
              return { text: 'early' };
            }),
          // The process-wide tracer is not theirs.
          tracer: { onUsage },
        });
        await get(app.stage, '/', 'req-1');
        await app.stage.only();
        gate.open();
        const row = (await app.stage.rows(2)).find(({ inferenceId }) => inferenceId !== 'req-1');
        assert.ok(row);
        assert.equal(row.startedBy, 'req-1');
        assert.equal(stepsIn(row, 'chat_completion').length, 1);
        assert.ok((row.tokens ?? 0) > 0);
        assert.deepEqual(used, [[row.inferenceId, row.tokens]]);
      });
    }

    it('is in the trace if other work has kept it open', async () => {
      const gate = new Gate();
      await using app = await llmStage({
        define: (define, openai, { asked }) =>
          define.route('GET', '/', (call) => {
            const work = gate.passed.then(async () => {
              const headers = { 'x-scenario': 'late-50' };
              // Its answer is read by whoever waits for it, and by nobody else.
              void openai.chat.completions.create(ask(), { headers }).then(() => {});
              await until(() => asked.length > 0, 'the model to be asked');
            });
            call.trace.waitUntil(work);
            return { text: 'early' };
          }),
      });
      await get(app.stage, '/', 'req-1');
      await app.stage.rows(0);
      gate.open();
      const [call] = stepsIn(await app.stage.only(), 'chat_completion');
      assert.equal(call?.output, 'You said: hi there — ça va?');
    });

    it('is reported if the call started before and made no progress for too long', async () => {
      const gate = new Gate();
      const read = new Gate();
      await using app = await llmStage({
        define: (define, openai) =>
          define.route('GET', '/', async () => {
            const stream = await openai.chat.completions.create({ ...ask(), stream: true });
            void gate.passed
              .then(async () => {
                for await (const _chunk of stream);
              })
              .then(read.open);
            return { text: 'early' };
          }),
        diagnostics: ['too_late'],
      });
      await get(app.stage, '/', 'req-1');
      await app.stage.only();
      gate.open();
      await read.passed;
      const [diagnostic] = await app.stage.diagnostics();
      assert.equal(diagnostic?.level, 'warn');
      assert.match(diagnostic?.message ?? '', /the end of step "OpenAI Chat Completion".*req-1/);
    });
  });
});
