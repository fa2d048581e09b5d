/** What users of LangChain and LangGraph do with them. */

import { Document } from '@langchain/core/documents';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { RunnableLambda, RunnableParallel } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import {
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import type { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { type Check, drained, failureOf } from './check.ts';

export interface LangChainKit {
  /** @param scenario how the server misbehaves */
  model(scenario?: string): ChatOpenAI;
}

const weather = tool(async ({ city }) => `sunny in ${city}`, {
  name: 'weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
});

const broken = tool(
  async ({ city }): Promise<string> => {
    throw new RangeError(`no weather in ${city}`);
  },
  { name: 'weather', description: 'No weather', schema: z.object({ city: z.string() }) },
);

class Shelf extends BaseRetriever {
  override lc_namespace = ['test'];

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    if (query === 'fail') throw new Error('the shelf is empty');
    return [new Document({ pageContent: `about ${query}`, metadata: { page: 7 } })];
  }
}

const seenOf = ({ content, tool_calls, usage_metadata }: AIMessage) => ({
  content,
  tool_calls,
  usage_metadata,
});

const textsOf = (messages: readonly BaseMessage[]) => messages.map(({ text }) => text);

/** A graph that asks a model, and the tools that it calls for. */
function agentOf(kit: LangChainKit, called: typeof weather) {
  const model = kit.model().bindTools([called]);
  return new StateGraph(MessagesAnnotation)
    .addNode('agent', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addNode('tools', new ToolNode([called]))
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', toolsCondition)
    .addEdge('tools', 'agent')
    .compile();
}

const asked = (content = 'hi there') => ({ messages: [{ role: 'user', content }] });

export const langChainChecks: readonly Check<LangChainKit>[] = [
  {
    // LangChain does not tell of it: the step closes when nothing has come for a while. Others have to run meanwhile.
    name: 'a stream that is left',
    async run(kit) {
      const pieces: string[] = [];
      for await (const { text } of await kit.model('halt-6').stream('50 words')) {
        if (pieces.push(text) === 3) break;
      }
      return pieces;
    },
  },
  {
    name: 'a model',
    run: async (kit) => seenOf(await kit.model().invoke('hi there', { stop: ['END'] })),
  },
  {
    name: 'a model with tools',
    run: async (kit) => seenOf(await kit.model().bindTools([weather]).invoke('hi there')),
  },
  {
    name: 'a model that streams',
    async run(kit) {
      const pieces: string[] = [];
      for await (const { text } of await kit.model().stream('hi there')) pieces.push(text);
      return pieces;
    },
  },
  {
    name: 'a structured answer',
    run: (kit) =>
      kit
        .model()
        .withStructuredOutput(z.object({ answer: z.string() }), { method: 'jsonSchema' })
        .invoke('hi there'),
  },
  {
    name: 'a chain',
    run: (kit) =>
      ChatPromptTemplate.fromTemplate('tell me of {topic}')
        .pipe(kit.model())
        .pipe(new StringOutputParser())
        .invoke({ topic: 'bees' }),
  },
  {
    name: 'a chain with a name that streams',
    run: async (kit) =>
      drained(
        await ChatPromptTemplate.fromTemplate('tell me of {topic}')
          .pipe(kit.model())
          .pipe(new StringOutputParser())
          .stream({ topic: 'bees' }, { runName: 'bees' }),
      ),
  },
  {
    name: 'models at once',
    run: (kit) =>
      RunnableParallel.from({
        one: kit.model().pipe(new StringOutputParser()),
        two: RunnableLambda.from((question: string) => question.toUpperCase()),
      }).invoke('hi'),
  },
  {
    name: 'a batch',
    run: async (kit) => textsOf(await kit.model().batch(['one', 'two', 'three'])),
  },
  {
    name: 'a retriever',
    run: () => new Shelf().invoke('bees'),
  },
  {
    name: 'a retriever that fails',
    run: () => failureOf(() => new Shelf().invoke('fail')),
  },
  {
    name: 'a tool',
    run: () => weather.invoke({ city: 'Oslo' }),
  },
  {
    name: 'a tool that fails',
    run: () => failureOf(() => broken.invoke({ city: 'Oslo' })),
  },
  {
    name: 'a graph with tools',
    async run(kit) {
      const { messages } = await agentOf(kit, weather).invoke(asked());
      return textsOf(messages);
    },
  },
  {
    name: 'a graph with a tool that fails',
    async run(kit) {
      const { messages } = await agentOf(kit, broken).invoke(asked());
      return textsOf(messages);
    },
  },
  {
    name: 'a graph that streams',
    async run(kit) {
      const nodes: string[] = [];
      for await (const update of await agentOf(kit, weather).stream(asked(), {
        streamMode: 'updates',
      })) {
        nodes.push(...Object.keys(update));
      }
      return nodes;
    },
  },
  {
    name: 'a graph that waits for a human',
    async run() {
      const graph = new StateGraph(MessagesAnnotation)
        .addNode('ask', () => ({ messages: [new AIMessage(String(interrupt('go on?')))] }))
        .addEdge(START, 'ask')
        .addEdge('ask', END)
        .compile({ checkpointer: new MemorySaver() });
      const settings = { configurable: { thread_id: 't1' } };
      await graph.invoke(asked(), settings);
      const { messages } = await graph.invoke(new Command({ resume: 'yes' }), settings);
      return textsOf(messages as BaseMessage[]);
    },
  },
  {
    name: 'status 400',
    run: (kit) => failureOf(() => kit.model('status-400').invoke('hi there')),
  },
  {
    name: 'status 503, then an answer',
    run: async (kit) => seenOf(await kit.model('once-503').invoke('hi there')),
  },
  {
    name: 'a graph whose model fails',
    run: (kit) =>
      failureOf(() =>
        new StateGraph(MessagesAnnotation)
          .addNode('agent', async ({ messages }) => ({
            messages: [await kit.model('status-401').invoke(messages)],
          }))
          .addEdge(START, 'agent')
          .compile()
          .invoke(asked()),
      ),
  },
  {
    name: 'a call that is aborted',
    async run(kit) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      return failureOf(() => kit.model('hang').invoke('hi there', { signal: controller.signal }));
    },
  },
];
