/** What users of OpenAI's Agents SDK do with it. */

import { Agent, handoff, type Model, run, tool, withTrace } from '@openai/agents';
import { step } from '@openlayer-tracing/core';
import type OpenAI from 'openai7';
import { z } from 'zod';
import { type Check, failureOf } from './check.ts';
import { ask } from './openai-kit.ts';

export interface AgentsKit {
  /** @param scenario how the server misbehaves */
  chat(scenario?: string): Model;
  responses(scenario?: string): Model;
  /** A client of the app's own. */
  client(): OpenAI;
}

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

const broken = tool({
  name: 'weather',
  description: 'No weather',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }): Promise<string> => {
    throw new RangeError(`no weather in ${city}`);
  },
});

const helper = (model: Model, more: Partial<ConstructorParameters<typeof Agent>[0]> = {}) =>
  new Agent({ name: 'Helper', instructions: 'Be brief.', model, ...more } as never);

const seenOf = async (agent: Agent, question = 'hi there') => {
  const { finalOutput, newItems, lastAgent } = await run(agent, question);
  return { finalOutput, items: newItems.map(({ type }) => type), last: lastAgent?.name };
};

const refusing = {
  name: 'no bees',
  execute: async ({ input }: { input: unknown }) => ({
    tripwireTriggered: JSON.stringify(input).includes('bees'),
    outputInfo: {},
  }),
};

export const agentsChecks: readonly Check<AgentsKit>[] = [
  {
    name: 'an agent',
    run: (kit) => seenOf(helper(kit.chat(), { modelSettings: { temperature: 0.5 } })),
  },
  { name: 'an agent by the responses API', run: (kit) => seenOf(helper(kit.responses())) },
  {
    name: 'an agent with tools',
    run: (kit) => seenOf(helper(kit.chat(), { tools: [weather] })),
  },
  {
    name: 'an agent that stops at its tool',
    run: (kit) =>
      seenOf(helper(kit.responses(), { tools: [weather], toolUseBehavior: 'stop_on_first_tool' })),
  },
  {
    name: 'a tool that fails',
    run: (kit) => seenOf(helper(kit.chat(), { tools: [broken] })),
  },
  {
    name: 'a handoff',
    run(kit) {
      const expert = new Agent({ name: 'Expert', model: kit.chat() });
      const to = handoff(expert, { toolNameOverride: 'weather' });
      return seenOf(helper(kit.chat(), { handoffs: [to] }));
    },
  },
  {
    name: 'a guardrail that lets pass',
    run: (kit) => seenOf(helper(kit.chat(), { inputGuardrails: [refusing] })),
  },
  {
    name: 'a guardrail that blocks',
    run: (kit) =>
      failureOf(() => seenOf(helper(kit.chat(), { inputGuardrails: [refusing] }), 'bees')),
  },
  {
    name: 'an agent that streams',
    async run(kit) {
      const result = await run(helper(kit.chat()), 'hi there', { stream: true });
      const types = new Set<string>();
      for await (const event of result) types.add(event.type);
      await result.completed;
      return { types: [...types], finalOutput: result.finalOutput };
    },
  },
  {
    name: 'runs of one workflow',
    run: (kit) =>
      withTrace('Two questions', async () => [
        await seenOf(helper(kit.chat()), 'one'),
        await seenOf(helper(kit.responses()), 'two'),
      ]),
  },
  { name: 'status 400', run: (kit) => failureOf(() => seenOf(helper(kit.chat('status-400')))) },
  {
    name: 'status 401 of the responses API',
    run: (kit) => failureOf(() => seenOf(helper(kit.responses('status-401')))),
  },
  {
    name: 'a run without end',
    run: (kit) =>
      failureOf(() => run(helper(kit.responses(), { tools: [weather] }), 'hi', { maxTurns: 2 })),
  },
  {
    name: 'runs at once',
    run: (kit) => Promise.all([1, 2, 3].map((i) => seenOf(helper(kit.chat()), `number ${i}`))),
  },
  {
    name: 'agents with tools of a traced client',
    run: (kit) =>
      Promise.all([
        seenOf(helper(kit.chat(), { tools: [weather] })),
        seenOf(helper(kit.responses(), { name: 'Other' })),
      ]),
  },
  {
    name: 'an agent of a traced client that streams',
    async run(kit) {
      const result = await run(helper(kit.chat(), { tools: [weather] }), 'hi there', {
        stream: true,
      });
      for await (const _event of result);
      await result.completed;
      return result.finalOutput;
    },
  },
  {
    name: 'status 400 of a traced client',
    run: (kit) => failureOf(() => seenOf(helper(kit.chat('status-400')))),
  },
  {
    name: 'what an app does within tools and guardrails',
    async run(kit) {
      const lookUp = tool({
        name: 'weather',
        description: 'The weather in a city',
        parameters: z.object({ city: z.string() }),
        execute: async ({ city }) =>
          step('look up', async () => {
            const { choices } = await kit.client().chat.completions.create(ask(city));
            return String(choices[0]?.message.content);
          }),
      });
      const watching = {
        name: 'watching',
        execute: async () => ({
          tripwireTriggered: await step('watch', async () => false),
          outputInfo: {},
        }),
      };
      const guarded = { tools: [lookUp], inputGuardrails: [watching] };
      const result = await run(helper(kit.chat(), guarded), 'hi there', { stream: true });
      for await (const _event of result);
      return [await seenOf(helper(kit.chat(), guarded)), result.finalOutput];
    },
  },
  {
    name: 'an agent that is a tool of another',
    async run(kit) {
      const expert = helper(kit.chat(), { name: 'Expert' });
      const asked = tool({
        name: 'weather',
        description: 'The weather in a city',
        parameters: z.object({ city: z.string() }),
        execute: ({ city }) =>
          step('ask the expert', async () => String((await run(expert, city)).finalOutput)),
      });
      return seenOf(helper(kit.chat(), { tools: [asked] }));
    },
  },
];
