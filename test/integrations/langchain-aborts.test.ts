/** Runs of LangChain and LangGraph that the app aborts are left. A timeout is a failure, and so is what fails beside an abort. */

import assert from 'node:assert/strict';
import { runInNewContext, runInThisContext } from 'node:vm';
import { ChatAnthropic } from '@langchain/anthropic';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { SimpleChatModel } from '@langchain/core/language_models/chat_models';
import { RunnableLambda, RunnableSequence } from '@langchain/core/runnables';
import { Annotation, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { type Reply, stepsOf } from './far-end.ts';

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];
const prompt = 'hi';

/** Sends a part of an answer to a request for a stream, and never ends. */
const hanging: Reply = (res, req, body) => {
  if (!/"stream":true/.test(body)) return;
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const openAI = { id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'So' } }] };
  const usage = { input_tokens: 1, output_tokens: 1 };
  const claude = [
    { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'So' } },
  ];
  for (const event of req.url?.includes('/messages') ? claude : [openAI]) {
    const name = 'type' in event ? `event: ${event.type}\n` : '';
    res.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
};

const openAI = (url: string, more: object = {}) =>
  new ChatOpenAI({
    ...{ model: 'm', apiKey: 'k', maxRetries: 0 },
    configuration: { baseURL: `${url}/v1` },
    ...more,
  });
const claude = (url: string) =>
  new ChatAnthropic({ model: 'claude', apiKey: 'k', anthropicApiUrl: url, maxRetries: 0 });

const State = Annotation.Root({ answer: Annotation<unknown> });

function graphOf(node: (config: object) => Promise<unknown>) {
  return new StateGraph(State)
    .addNode('ask', async (_state, config) => ({ answer: await node(config) }))
    .addEdge('__start__', 'ask')
    .compile();
}

class Streaming extends BaseCallbackHandler {
  name = 'streaming';
  lc_prefer_streaming = true;
  override handleLLMNewToken() {}
}

type Run = (url: string, signal: AbortSignal) => Promise<unknown>;

async function read(stream: Promise<AsyncIterable<unknown>>): Promise<void> {
  for await (const _ of await stream);
}

const runs: Readonly<Record<string, Run>> = {
  'a model': (url, signal) => openAI(url).invoke(prompt, { signal }),
  'a stream of a model': (url, signal) => read(openAI(url).stream(prompt, { signal })),
  'a model that streams for a handler': (url, signal) =>
    openAI(url).invoke(prompt, { signal, callbacks: [new Streaming()] }),
  Claude: (url, signal) => claude(url).invoke(prompt, { signal }),
  'a stream of Claude': (url, signal) => read(claude(url).stream(prompt, { signal })),
  'a chain': (url, signal) =>
    RunnableSequence.from([RunnableLambda.from(() => prompt), openAI(url)]).invoke('', { signal }),
  'a stream of a chain': (url, signal) =>
    read(
      RunnableSequence.from([RunnableLambda.from(() => prompt), openAI(url)]).stream('', {
        signal,
      }),
    ),
  'a chain of Claude': (url, signal) =>
    RunnableSequence.from([RunnableLambda.from(() => prompt), claude(url)]).invoke('', { signal }),
  'a graph': (url, signal) =>
    graphOf((config) => openAI(url).invoke(prompt, config)).invoke({}, { signal }),
  'a stream of a graph': (url, signal) =>
    read(graphOf((config) => openAI(url).invoke(prompt, config)).stream({}, { signal })),
  'a graph of Claude': (url, signal) =>
    graphOf((config) => claude(url).invoke(prompt, config)).invoke({}, { signal }),
};

async function stepsOfRun(run: Run, signal: AbortSignal): Promise<readonly WireStep[]> {
  const [root] = await stepsOf(hanging, (url) =>
    trace(async () => void (await run(url, signal).catch(() => {})), { name: 'request' })(),
  );
  return (root?.steps ?? []).flatMap(flat);
}

/** Steps that ended before the abort are complete. */
const isWaiting = ({ name, type }: WireStep) =>
  type === 'chat_completion' || !/Lambda|request/.test(name);

describe('a run of LangChain that the app aborts', () => {
  before(() => traceLangChain(CallbackManager));

  const reasons: Readonly<Record<string, readonly unknown[]>> = {
    'no reason': [],
    'an error of its own': [new RangeError('the user left')],
    'a string': ['the user left'],
    'an object': [{ status: 'left' }],
  };
  for (const [name, run] of Object.entries(runs)) {
    for (const [kind, reason] of Object.entries(reasons)) {
      it(`is left, and has not failed: ${name}, ${kind}`, async () => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(...reason), 100);
        const steps = await stepsOfRun(run, controller.signal);
        assert.ok(steps.some(({ type }) => type === 'chat_completion'));
        for (const step of steps.filter(isWaiting)) {
          assert.deepEqual(
            [step.name, step.metadata?.ended, step.metadata?.error],
            [step.name, 'left', undefined],
          );
        }
      });
    }

    it(`has failed if its time is over: ${name}`, async () => {
      const steps = await stepsOfRun(run, AbortSignal.timeout(100));
      for (const step of steps.filter(isWaiting)) {
        assert.notEqual(step.metadata?.error, undefined, step.name);
        assert.equal(step.metadata?.ended, undefined, step.name);
      }
    });
  }
});

describe('a run that records nothing while it is aborted', () => {
  before(() => traceLangChain(CallbackManager));

  const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
  const waiting: Readonly<Record<string, Run>> = {
    'a graph': (_url, signal) => graphOf(pause).invoke({}, { signal }),
    'a stream of a graph': (_url, signal) => read(graphOf(pause).stream({}, { signal })),
    'a function': (_url, signal) => RunnableLambda.from(pause).invoke('', { signal }),
    'a graph within a function': (_url, signal) =>
      RunnableLambda.from((_input, config) => graphOf(pause).invoke({}, config)).invoke('', {
        signal,
      }),
  };
  for (const [name, run] of Object.entries(waiting)) {
    it(`is left, and has not failed: ${name}`, async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      for (const step of await stepsOfRun(run, controller.signal)) {
        assert.deepEqual(
          [step.name, step.metadata?.ended, step.metadata?.error],
          [step.name, 'left', undefined],
        );
      }
    });

    it(`has failed if its time is over: ${name}`, async () => {
      for (const step of await stepsOfRun(run, AbortSignal.timeout(50))) {
        assert.notEqual(step.metadata?.error, undefined, step.name);
      }
    });
  }
});

describe('a graph of which one node fails', () => {
  before(() => traceLangChain(CallbackManager));

  it('has failed, and so has the node, though the other one is aborted', async () => {
    const steps = await stepsOfRun((url, signal) => {
      return new StateGraph(State)
        .addNode('ask', async (_state, config) => ({
          answer: await openAI(url).invoke(prompt, config),
        }))
        .addNode('break', async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          throw new TypeError('broken');
        })
        .addEdge('__start__', 'ask')
        .addEdge('__start__', 'break')
        .compile()
        .invoke({}, { signal });
    }, new AbortController().signal);
    const outcomes = Object.fromEntries(
      steps.map(({ name, metadata }) => [name, [metadata?.ended, metadata?.error]]),
    );
    assert.deepEqual(outcomes.break, [undefined, 'broken']);
    assert.deepEqual(outcomes.LangGraph, [undefined, 'broken']);
    assert.equal(outcomes['LangChain Chat Completion']?.[0], 'left');
  });
});

/** In Jest, some errors are of another realm. */
describe('a model that throws several errors at once after it was aborted', () => {
  before(() => traceLangChain(CallbackManager));

  const REALMS = { 'this realm': runInThisContext, 'another realm': runInNewContext };
  const CASES: readonly (readonly [what: string, error: string, ended: unknown])[] = [
    ['all by the abort', `new AggregateError([new Error('Aborted'), new Error('Abort')])`, 'left'],
    ['one by itself', `new AggregateError([new Error('Aborted'), new Error('x')])`, undefined],
    ['none', 'new AggregateError([])', undefined],
    ['errors that are no list', `Object.assign(new Error('x'), { errors: 'Aborted' })`, undefined],
  ];
  for (const [realm, run] of Object.entries(REALMS)) {
    for (const [what, error, ended] of CASES) {
      it(`has ${ended === 'left' ? 'not failed' : 'failed'}: ${what}, of ${realm}`, async () => {
        const controller = new AbortController();
        class Throwing extends SimpleChatModel {
          override _llmType(): string {
            return 'throwing';
          }

          override async _call(): Promise<string> {
            controller.abort();
            throw run(error);
          }
        }
        const { signal } = controller;
        const model = new Throwing({ maxRetries: 0 });
        const steps = await stepsOfRun(() => model.invoke(prompt, { signal }), signal);
        const [step] = steps.filter(({ type }) => type === 'chat_completion');
        assert.deepEqual(
          [step?.metadata?.ended, step?.metadata?.error === undefined],
          [ended, ended === 'left'],
        );
      });
    }
  }
});
