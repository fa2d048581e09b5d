/** Requests at once, each with nested and parallel work through every framework: no step is in a trace that is not its own. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { tool as langChainTool } from '@langchain/core/tools';
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors, tool } from '@openai/agents';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import * as ai5 from 'ai5';
import { createOpenAI as createOpenAI5 } from 'ai5-openai';
import * as ai6 from 'ai6';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import * as ai7 from 'ai7';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import OpenAI from 'openai7';
import { z } from 'zod';
import { get, llmStage } from './stage.ts';

const REQUESTS = 40;
const parameters = z.object({ city: z.string() });
const about = { name: 'weather', description: 'The weather in a city' };

/** One way to ask; the answer is made of the question, or of what a tool said about it. */
type Asks = (question: string) => Promise<unknown>;

function waysToAsk(url: string): Readonly<Record<string, Asks>> {
  // What frameworks record is not recorded once more by the clients that they ask.
  const settings = { apiKey: 'k', baseURL: `${url}/v1`, fetch: tracedFetch() };
  const old5 = traceModel(createOpenAI5(settings).chat('gpt-5-mini'));
  const old6 = traceModel(createOpenAI6(settings).chat('gpt-5-mini'));
  const model7 = createOpenAI7(settings).chat('gpt-5-mini');
  const lcModel = new ChatOpenAI({ model: 'm', apiKey: 'k', configuration: settings });
  // The SDK brings a copy of the same client, whose private members make it another type.
  const agentModel = new OpenAIChatCompletionsModel(
    traceOpenAI(new OpenAI(settings)) as never,
    'gpt-5-mini',
  );
  return {
    ai5: (prompt) => ai5.generateText({ model: old5, prompt }),
    ai6: async (prompt) => {
      for await (const _text of ai6.streamText({ model: old6, prompt }).textStream);
    },
    ai7: (prompt) => {
      const weather = ai7.tool({
        ...about,
        inputSchema: parameters,
        // Its own question is asked below the tool.
        execute: async () => (await ai7.generateText({ model: model7, prompt })).text,
      });
      const stopWhen = ai7.stepCountIs(3);
      return ai7.generateText({ model: model7, prompt, tools: { weather }, stopWhen });
    },
    langgraph: (content) => {
      const lookUp = trace(async () => content, { name: 'langgraph' });
      const weather = langChainTool(() => lookUp(), { ...about, schema: parameters });
      const bound = lcModel.bindTools([weather]);
      return new StateGraph(MessagesAnnotation)
        .addNode('agent', async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
        .addNode('tools', new ToolNode([weather]))
        .addEdge(START, 'agent')
        .addConditionalEdges('agent', toolsCondition)
        .addEdge('tools', 'agent')
        .compile()
        .invoke({ messages: [{ role: 'user', content }] });
    },
    agents: (question) => {
      const lookUp = trace(async () => question, { name: 'agents' });
      const weather = tool({ ...about, parameters, execute: () => lookUp() });
      return run(new Agent({ name: 'Helper', model: agentModel, tools: [weather] }), question);
    },
  };
}

const REGISTRY = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown[] };

describe('frameworks', () => {
  before(() => {
    traceAISDK();
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });

  it(`keep ${REQUESTS} concurrent requests apart`, async function () {
    this.timeout(180_000);
    await using app = await llmStage({
      define: (define, _openai, { url }) => {
        const ways = Object.entries(waysToAsk(url));
        define.route('GET', '/ask/:who', async ({ params: { who } }) => {
          await Promise.all(ways.map(([name, ask]) => ask(`${who} ${name}`)));
          return { json: who };
        });
      },
    });
    const visitors = Array.from({ length: REQUESTS }, (_, i) => `visitor${i}`);
    await Promise.all(visitors.map((who) => get(app.stage, `/ask/${who}`, who)));
    for (const row of await app.stage.rows(REQUESTS)) {
      const who = row.inferenceId;
      const said = outputsIn(row.steps[0]?.steps ?? []).sort();
      const answer = (question: string) => `You said: ${question} — ça va?`;
      const expected = [
        answer(`${who} ai5`),
        answer(`${who} ai6`),
        // Below each of two calls of the tool, and of what it said.
        answer(`${who} ai7`),
        answer(`${who} ai7`),
        answer(answer(`${who} ai7`)),
        answer(`${who} langgraph`),
        answer(`${who} agents`),
      ];
      assert.deepEqual(said, expected.sort());
      // What the app traces by itself stands below the tool that it runs in: each was called twice.
      const lookedUp = toolsIn(row.steps).flatMap(({ steps }) => steps.map(({ name }) => name));
      const byApp = lookedUp.filter((name) => !name.startsWith('AI SDK'));
      assert.deepEqual(byApp.sort(), ['agents', 'agents', 'langgraph', 'langgraph']);
    }
  });

  it('are recorded once, however often they are traced', () => {
    const before = REGISTRY.AI_SDK_TELEMETRY_INTEGRATIONS?.length;
    traceAISDK();
    assert.equal(REGISTRY.AI_SDK_TELEMETRY_INTEGRATIONS?.length, before);
    const { _configureSync } = CallbackManager;
    traceLangChain(CallbackManager);
    assert.equal(CallbackManager._configureSync, _configureSync);
  });
});

/** What models said in words. */
function outputsIn(steps: readonly WireStep[]): string[] {
  return steps.flatMap((step) => [
    ...(step.type === 'chat_completion' && typeof step.output === 'string' ? [step.output] : []),
    ...outputsIn(step.steps),
  ]);
}

function toolsIn(steps: readonly WireStep[]): WireStep[] {
  return steps.flatMap((step) => [...(step.type === 'tool' ? [step] : []), ...toolsIn(step.steps)]);
}
