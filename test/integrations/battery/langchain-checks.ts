/** What users of LangChain and LangGraph do with them. */

import { Document } from '@langchain/core/documents';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { BaseRetriever } from '@langchain/core/retrievers';
import { RunnableLambda, RunnableParallel } from '@langchain/core/runnables';
import { StructuredTool, tool } from '@langchain/core/tools';
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
import { currentTrace, step } from '@openlayer-tracing/core';
import type OpenAI from 'openai7';
import { z } from 'zod';
import { type Check, drained, failureOf } from './check.ts';
import { ask } from './openai-kit.ts';

export interface LangChainKit {
  /** @param scenario how the server misbehaves */
  model(scenario?: string): ChatOpenAI;
  /** A client of the app's own. */
  client(): OpenAI;
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

class Searching extends Shelf {
  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    return step('read the shelf', () => super._getRelevantDocuments(query));
  }
}

class Scale extends StructuredTool {
  override name = 'scale';
  override description = 'The length of a text';
  override schema = z.object({ query: z.string() });

  protected override async _call({ query }: { query: string }): Promise<string> {
    return step('weigh', () => String(query.length));
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
        if (pieces.push(text) < 3) continue;
        // It reads one piece ahead, when it gets round to it.
        await new Promise((resolve) => setTimeout(resolve, 50));
        break;
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
    async run(kit, arrival) {
      const controller = new AbortController();
      void arrival().then(() => controller.abort());
      return failureOf(() => kit.model('hang').invoke('hi there', { signal: controller.signal }));
    },
  },
  {
    name: 'a model of a traced client',
    run: async (kit) => seenOf(await kit.model().invoke('hi there')),
  },
  {
    name: 'a chain that streams, of a traced client',
    run: async (kit) =>
      drained(
        await ChatPromptTemplate.fromTemplate('tell me of {topic}')
          .pipe(kit.model())
          .pipe(new StringOutputParser())
          .stream({ topic: 'bees' }),
      ),
  },
  {
    name: 'a batch of a traced client',
    run: async (kit) => textsOf(await kit.model().batch(['one', 'one', 'two'])),
  },
  {
    name: 'a graph with tools of a traced client',
    async run(kit) {
      const { messages } = await agentOf(kit, weather).invoke(asked());
      return textsOf(messages);
    },
  },
  {
    name: 'status 503 of a traced client, then an answer',
    run: async (kit) => seenOf(await kit.model('once-503').invoke('hi there')),
  },
  {
    name: 'status 400 of a traced client',
    run: (kit) => failureOf(() => kit.model('status-400').invoke('hi there')),
  },
  {
    // The same is asked twice, and recorded by whom it was asked.
    name: 'a model and a traced client at once',
    async run(kit) {
      const [one, two] = await Promise.all([
        kit.model().invoke('hi there'),
        kit.client().chat.completions.create(ask()),
      ]);
      return [one.content, two.choices[0]?.message.content];
    },
  },
  {
    name: 'what an app does within a tool of a graph',
    async run(kit) {
      const lookUp = tool(
        async ({ city }) =>
          step('look up', async () => {
            currentTrace()?.addStep({ name: 'by the trace', output: city });
            const { choices } = await kit.client().chat.completions.create(ask(city));
            return String(choices[0]?.message.content);
          }),
        {
          name: 'weather',
          description: 'The weather in a city',
          schema: z.object({ city: z.string() }),
        },
      );
      const { messages } = await agentOf(kit, lookUp).invoke(asked());
      return textsOf(messages);
    },
  },
  {
    // LangChain carries nothing along with the code of such classes.
    name: 'what an app does within a class of its own',
    run: () =>
      RunnableLambda.from(async (query: string) => [
        await new Searching().invoke(query),
        await new Scale().invoke({ query }),
      ]).invoke('bees'),
  },
  {
    name: 'what an app does within the nodes of a graph',
    async run(kit) {
      const inner = RunnableLambda.from(async (question: string) =>
        step('innermost', async () => (await kit.model().invoke(question)).text),
      );
      const { messages } = await new StateGraph(MessagesAnnotation)
        .addNode('agent', async () => ({
          messages: await Promise.all(
            ['one', 'two'].map(async (question) =>
              step(question, async () => new AIMessage(await inner.invoke(question))),
            ),
          ),
        }))
        .addEdge(START, 'agent')
        .compile()
        .invoke(asked());
      return textsOf(messages);
    },
  },
];
