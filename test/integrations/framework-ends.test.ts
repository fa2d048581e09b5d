/** How a model's answer ended, recorded by a framework as by the client: failures under a status of success, and cut streams. */

import assert from 'node:assert/strict';
import { ChatAnthropic } from '@langchain/anthropic';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors } from '@openai/agents';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import * as ai5 from 'ai5';
import { createAnthropic as createAnthropic5 } from 'ai5-anthropic';
import { createOpenAI as createOpenAI5 } from 'ai5-openai';
import * as ai6 from 'ai6';
import { createAnthropic as createAnthropic6 } from 'ai6-anthropic';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import * as ai7 from 'ai7';
import { createAnthropic as createAnthropic7 } from 'ai7-anthropic';
import { createGoogleGenerativeAI as createGoogle7 } from 'ai7-google';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import OpenAI from 'openai7';
import { type Reply, read, stepsOfCalls } from './answering.ts';

type Ask = (url: string) => Promise<unknown>;
type Door = readonly [name: string, whole: Ask | undefined, streamed: Ask | undefined];

const key = 'k';
const prompt = 'hi';
const messages = [{ role: 'user' as const, content: prompt }];
const quiet = { onError: () => {} };
const drained = (result: { consumeStream(options: object): PromiseLike<void> }) =>
  Promise.resolve(result.consumeStream(quiet));

/** The newest majors of the SDK do not know the models of older ones; a test cares for none of their types. */
type AnyModel = never;

function sdkDoor(
  name: string,
  ai: {
    generateText(options: AnyModel): Promise<unknown>;
    streamText(options: AnyModel): { consumeStream(options: object): PromiseLike<void> };
  },
  model: (url: string) => object,
): Door {
  const options = (url: string) => ({ model: model(url), prompt, maxRetries: 0 }) as AnyModel;
  return [
    name,
    async (url) => ai.generateText(options(url)),
    async (url) => drained(ai.streamText({ ...(options(url) as object), ...quiet } as AnyModel)),
  ];
}

const traced = (model: object) => traceModel(model as Parameters<typeof traceModel>[0]);
const lang = (url: string) =>
  new ChatOpenAI({ model: 'm', apiKey: key, maxRetries: 0, configuration: { baseURL: url } });
const client = (url: string) => new OpenAI({ apiKey: key, baseURL: url, maxRetries: 0 });

const CHAT_DOORS: readonly Door[] = [
  [
    'a client',
    (url) => traceOpenAI(client(url)).chat.completions.create({ model: 'm', messages }),
    async (url) =>
      read(
        traceOpenAI(client(url)).chat.completions.create({ model: 'm', messages, stream: true }),
      ),
  ],
  sdkDoor('ai 5', ai5, (url) => traced(createOpenAI5({ apiKey: key, baseURL: url }).chat('m'))),
  sdkDoor('ai 6', ai6, (url) => traced(createOpenAI6({ apiKey: key, baseURL: url }).chat('m'))),
  sdkDoor('ai 7', ai7, (url) => traced(createOpenAI7({ apiKey: key, baseURL: url }).chat('m'))),
  sdkDoor('the telemetry of ai 7', ai7, (url) =>
    createOpenAI7({ apiKey: key, baseURL: url }).chat('m'),
  ),
  ['LangChain', (url) => lang(url).invoke(prompt), async (url) => read(lang(url).stream(prompt))],
  [
    'OpenAI agents',
    async (url) => {
      const model = new OpenAIChatCompletionsModel(client(url) as never, 'm');
      await run(new Agent({ name: 'helper', instructions: 'help', model }), prompt, {
        maxTurns: 1,
      });
    },
    undefined,
  ],
];

const base = { id: 'x', created: 1, model: 'm' };
const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
const whole = (content: string | null, finish_reason: string): Reply => ({
  json: {
    ...{ ...base, object: 'chat.completion', usage },
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
  },
});
const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...{ ...base, object: 'chat.completion.chunk' },
  choices: [{ index: 0, delta, finish_reason }],
});
const streamed = (content: string | null, reason: string): Reply => ({
  events: [
    ...(content === null ? [] : [chunk({ role: 'assistant', content })]),
    chunk({}, reason),
    '[DONE]',
  ],
});

/** The step of the model. */
async function modelStep(reply: Reply, ask: Ask): Promise<WireStep> {
  const { steps } = await stepsOfCalls(reply, async (url) => {
    try {
      await ask(url);
    } catch {
      // What the framework makes of it is its own.
    }
  });
  const all = steps.flatMap(withNested).filter(({ type }) => type === 'chat_completion');
  assert.equal(all.length, 1);
  return all[0] as WireStep;
}

function withNested(step: WireStep): WireStep[] {
  return [step, ...(step.steps ?? []).flatMap(withNested)];
}

describe('an answer of which the model says that it failed', () => {
  before(() => {
    traceAISDK();
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });

  const CASES = [
    ['stopped by an error', 'half of', 'error', /error/],
    ['removed by a filter', null, 'content_filter', /filter/],
  ] as const;
  for (const [what, content, reason, message] of CASES) {
    for (const [door, ask, askStream] of CHAT_DOORS) {
      // Version 5 of the SDK has one word for all reasons that it does not know.
      if (reason === 'error' && door === 'ai 5') continue;
      // The agents make a refusal of such an answer, and fail the run.
      if (reason === 'content_filter' && door === 'OpenAI agents') continue;
      if (ask !== undefined) {
        it(`is a failure: ${what}, by ${door}, whole`, async () => {
          const { metadata } = await modelStep(whole(content, reason), ask);
          assert.match(String(metadata.error), message);
        });
      }
      if (askStream === undefined) continue;
      it(`is a failure: ${what}, by ${door}, streamed`, async () => {
        const { metadata } = await modelStep(streamed(content, reason), askStream);
        assert.match(String(metadata.error), message);
      });
    }
  }

  it('is a failure: a blocked prompt, by ai 7', async () => {
    const blocked: Reply = { json: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } };
    const google = (url: string) => createGoogle7({ apiKey: key, baseURL: url })('gemini-2.5-pro');
    const { metadata } = await modelStep(blocked, (url) =>
      ai7.generateText({ model: traced(google(url)) as never, prompt, maxRetries: 0 }),
    );
    assert.match(String(metadata.error), /PROHIBITED_CONTENT/);
  });

  it('is a failure: no answer at all, by LangChain', async () => {
    const none: Reply = { json: { error: { message: 'overloaded' } } };
    const { metadata } = await modelStep(none, (url) => lang(url).invoke(prompt));
    assert.match(String(metadata.error), /no output/);
  });

  it('is none: a refusal of Claude, by ai 7', async () => {
    const refused: Reply = {
      json: {
        ...{ id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [] },
        ...{ stop_reason: 'refusal', stop_sequence: null },
        usage: { input_tokens: 3, output_tokens: 0 },
      },
    };
    const model = (url: string) => createAnthropic7({ apiKey: key, baseURL: url })('claude');
    const { metadata } = await modelStep(refused, (url) =>
      ai7.generateText({ model: traced(model(url)) as never, prompt, maxRetries: 0 }),
    );
    assert.equal(metadata.error, undefined);
  });
});

describe('a stream that closes without its end', () => {
  const begun: Reply = {
    events: [chunk({ role: 'assistant', content: 'half' }), chunk({ content: ' of' })],
  };
  for (const [door, , ask] of CHAT_DOORS) {
    // Version 5 of the SDK has the same word for reasons that it does not know.
    if (ask === undefined || door === 'ai 5') continue;
    it(`is partial, by ${door}`, async () => {
      const { output, metadata } = await modelStep(begun, ask);
      assert.equal(output, 'half of');
      assert.equal(metadata.partial, true);
    });
    it(`is complete with it, by ${door}`, async () => {
      const { output, metadata } = await modelStep(streamed('half of', 'stop'), ask);
      assert.equal(output, 'half of');
      assert.equal(metadata.partial, undefined);
    });
  }

  const started = {
    ...{ id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 0 } },
  };
  const claude = {
    events: [
      { event: 'message_start', type: 'message_start', message: started },
      {
        ...{ event: 'content_block_start', type: 'content_block_start', index: 0 },
        content_block: { type: 'text', text: '' },
      },
      {
        ...{ event: 'content_block_delta', type: 'content_block_delta', index: 0 },
        delta: { type: 'text_delta', text: 'half of' },
      },
    ],
  };
  const ends = [
    { event: 'content_block_stop', type: 'content_block_stop', index: 0 },
    {
      ...{ event: 'message_delta', type: 'message_delta', usage: { output_tokens: 5 } },
      delta: { stop_reason: 'end_turn', stop_sequence: null },
    },
    { event: 'message_stop', type: 'message_stop' },
  ];
  const CLAUDE: readonly (readonly [string, Ask])[] = [
    ...(
      [
        ['ai 5', ai5, createAnthropic5],
        ['ai 6', ai6, createAnthropic6],
        ['ai 7', ai7, createAnthropic7],
      ] as const
    ).map(([name, ai, create]): readonly [string, Ask] => [
      name,
      sdkDoor(name, ai as never, (url) =>
        traced(create({ apiKey: key, baseURL: url })('claude')),
      )[2] as Ask,
    ]),
    [
      'LangChain',
      async (url) =>
        read(
          new ChatAnthropic({ model: 'claude', apiKey: key, anthropicApiUrl: url }).stream(prompt),
        ),
    ],
  ];
  for (const [door, ask] of CLAUDE) {
    it(`is partial, of Claude by ${door}`, async () => {
      const { output, metadata } = await modelStep(claude, ask);
      assert.equal(output, 'half of');
      assert.equal(metadata.partial, true);
    });
    it(`is complete with it, of Claude by ${door}`, async () => {
      const step = await modelStep({ events: [...claude.events, ...ends] }, ask);
      assert.equal(step.output, 'half of');
      assert.equal(step.metadata.partial, undefined);
      assert.deepEqual([step.promptTokens, step.completionTokens], [3, 5]);
    });
  }
});
