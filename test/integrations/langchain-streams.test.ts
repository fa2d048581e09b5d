/** Chat models of LangChain that stream by events without a version, past its callbacks. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
// Has LangChain carry its runs along with the code that they run, as LangGraph does.
import '@langchain/core/context';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import { RunnableLambda } from '@langchain/core/runnables';
import { ChatOpenAI } from '@langchain/openai';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { type Reply, stepsOfCalls } from './answering.ts';

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm-2026' };
const piece = (delta: object, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, delta, ...more }],
});
const usage = {
  ...{ prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 },
  prompt_tokens_details: { cached_tokens: 30 },
};
const call = { index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '' } };
const STREAM: Reply = {
  events: [
    piece({ role: 'assistant', content: 'Hel' }),
    piece({ content: 'lo.' }),
    piece({ tool_calls: [call] }),
    piece({ tool_calls: [{ index: 0, function: { arguments: '{"at":"it"}' } }] }),
    piece({}, { finish_reason: 'tool_calls' }),
    { ...head, choices: [], usage },
    '[DONE]',
  ],
};

const model = (url: string, fetch = globalThis.fetch) =>
  new ChatOpenAI({
    ...{ model: 'm', apiKey: 'k', maxRetries: 0, temperature: 0.5 },
    configuration: { baseURL: `${url}/v1`, fetch },
  });
/** Awaited, a stream is its message. */
async function drained(stream: unknown): Promise<void> {
  for await (const _ of stream as AsyncIterable<unknown>);
}

/** A model that needs no client. */
class Parrot extends BaseChatModel {
  override _llmType() {
    return 'parrot';
  }

  override async _generate(messages: readonly BaseMessage[]): Promise<ChatResult> {
    const { text } = messages[0] as BaseMessage;
    return { generations: [{ text, message: new AIMessage(text) }] };
  }

  override async *_streamResponseChunks(messages: readonly BaseMessage[]) {
    const { text } = messages[0] as BaseMessage;
    yield new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
  }
}

type Events = Parrot['_streamChatModelEvents'];

/** The text of the streamed message. */
async function said(parrot: Pick<Parrot, 'streamEvents'>): Promise<string> {
  const { text } = await parrot.streamEvents('hi there', {});
  return text;
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

describe('a chat model of LangChain that streams by events', () => {
  before(() => {
    traceLangChain(CallbackManager);
    traceLangChain(BaseChatModel);
  });

  it('is recorded with its answer and its tokens', async () => {
    const { steps } = await stepsOfCalls(STREAM, (url) =>
      drained(model(url).streamEvents('hi there', {})),
    );
    const [step, ...others] = steps as [WireStep];
    assert.deepEqual(others, []);
    assert.deepEqual(
      [step.type, step.provider, step.model],
      ['chat_completion', 'openai', 'm-2026'],
    );
    assert.deepEqual(step.output, {
      content: 'Hello.',
      tool_calls: [{ name: 'look', arguments: { at: 'it' }, id: 'c1' }],
    });
    assert.deepEqual([step.promptTokens, step.completionTokens], [100, 40]);
    assert.match(JSON.stringify(step.inputs), /hi there/);
    assert.equal((step.modelParameters as { temperature: number }).temperature, 0.5);
  });

  it('is recorded if the app only awaits its message', async () => {
    const { steps } = await stepsOfCalls(STREAM, async (url) => {
      const { content } = await model(url).streamEvents('hi there', {});
      assert.notEqual(content, undefined);
    });
    assert.deepEqual(
      steps.map(({ promptTokens }) => promptTokens),
      [100],
    );
  });

  it('is recorded once if its client is traced too', async () => {
    const { steps } = await stepsOfCalls(STREAM, (url) =>
      drained(model(url, tracedFetch({ provider: 'openai' })).streamEvents('hi there', {})),
    );
    assert.equal(steps.flatMap(flat).filter(({ type }) => type === 'chat_completion').length, 1);
  });

  it('is a child of the run that calls it, if LangChain says which', async () => {
    const { steps } = await stepsOfCalls(STREAM, (url) =>
      RunnableLambda.from(async () => {
        await drained(model(url).streamEvents('hi there', {}));
        return 'done';
      }).invoke('go'),
    );
    assert.deepEqual(
      steps.map(({ type, steps: below }) => [type, below.map((each) => each.type)]),
      [['chain', ['chat_completion']]],
    );
  });

  it('fails if its provider does', async () => {
    const { steps } = await stepsOfCalls(
      { json: { error: { message: 'it is 400' } }, status: 400 },
      (url) => drained(model(url).streamEvents('hi there', {})).catch(() => {}),
    );
    assert.match(String(steps[0]?.metadata.error), /it is 400/);
  });

  for (const [what, lock] of [
    ['frozen', (parrot: Parrot) => Object.freeze(parrot)],
    ['sealed', (parrot: Parrot) => Object.seal(parrot)],
    ['not extensible', (parrot: Parrot) => Object.preventExtensions(parrot)],
  ] as const) {
    it(`works as without tracing if it is ${what}`, async () => {
      await stepsOfCalls(STREAM, async () => {
        assert.equal(await said(lock(new Parrot({}))), 'hi there');
      });
    });
  }

  it('keeps a method of its own', async () => {
    for (const enumerable of [true, false]) {
      const parrot = new Parrot({});
      const before: PropertyDescriptor = {
        value(this: Parrot, ...args: Parameters<Events>) {
          return Parrot.prototype._streamChatModelEvents.apply(this, args);
        },
        ...{ enumerable, configurable: true, writable: false },
      };
      Object.defineProperty(parrot, '_streamChatModelEvents', before);
      const keys = Reflect.ownKeys(parrot);
      const { steps } = await stepsOfCalls(STREAM, async () => {
        assert.equal(await said(parrot), 'hi there');
      });
      assert.equal(steps.length, 1);
      assert.deepEqual(Object.getOwnPropertyDescriptor(parrot, '_streamChatModelEvents'), before);
      assert.deepEqual(Reflect.ownKeys(parrot), keys);
    }
  });

  it('has no method more after the call than before', async () => {
    const parrot = new Parrot({});
    const keys = Reflect.ownKeys(parrot);
    const { steps } = await stepsOfCalls(STREAM, async () => {
      assert.equal(await said(parrot), 'hi there');
    });
    assert.equal(steps.length, 1);
    assert.deepEqual(Reflect.ownKeys(parrot), keys);
  });

  it('is recorded once by versions with callbacks', async () => {
    const { steps } = await stepsOfCalls(STREAM, (url) =>
      drained(model(url).streamEvents('hi there', { version: 'v2' })),
    );
    assert.equal(steps.flatMap(flat).filter(({ type }) => type === 'chat_completion').length, 1);
  });
});
