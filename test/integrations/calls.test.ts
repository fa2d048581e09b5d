/** Calls of models in their traces: alone, left, unread, tried again, without their content. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { printed, stepsOf, treeOf } from '../contract/harness/stage.ts';
import { startLlmServer } from '../support/llm-server/index.ts';
import { ask, get, llmStage, rowsOf } from './stage.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const scenario = (name: string) => ({ headers: { 'x-scenario': name } });
const streamed = (content?: string) => ({ ...ask(content), stream: true as const });

function callIn(row: WireRow): WireStep {
  const call = row.steps[0]?.steps[0];
  assert.ok(call);
  return call;
}

describe('a call outside a request', () => {
  async function alone(
    call: (openai: OpenAI) => Promise<unknown>,
    expected = 1,
  ): Promise<readonly WireRow[]> {
    await using llm = await startLlmServer();
    using captured = captureTraces();
    const openai = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` }));
    await call(openai).catch(() => {});
    return rowsOf(captured, expected);
  }

  it('is a trace of its own', async () => {
    const [row] = await alone((openai) => openai.chat.completions.create(ask()));
    assert.ok(row);
    assert.equal(
      stepsOf({ ...row, inferenceId: 'own' }),
      printed(`
own
└─ OpenAI Chat Completion [chat_completion]  gpt-5-mini-2026  5+7 tokens  → "You said: hi there — ça va?"
`),
    );
    assert.deepEqual(row.prompt, ask().messages);
    assert.equal(row.tokens, 12);
  });

  it('is one trace with all of its attempts', async () => {
    const rows = await alone((openai) =>
      openai.chat.completions.create(ask(), scenario('once-429')),
    );
    assert.equal(rows.length, 1);
    const attempts = rows[0]?.metadata?.attempts as { status: number }[];
    assert.deepEqual(
      attempts.map(({ status }) => status),
      [429, 200],
    );
    assert.equal(rows[0]?.steps[0]?.metadata?.error, undefined);
  });

  it('is one trace if every attempt fails, or if it is never retried', async () => {
    for (const [name, tries] of [
      ['always-503', 3],
      ['status-400', 1],
      ['reset', 3],
    ] as const) {
      const rows = await alone((openai) => openai.chat.completions.create(ask(), scenario(name)));
      assert.equal(rows.length, 1, name);
      const { metadata } = rows[0] as WireRow;
      assert.ok(metadata?.error, name);
      assert.equal((metadata.attempts as unknown[] | undefined)?.length ?? 1, tries, name);
    }
  });

  it('is a separate trace from the next call', async () => {
    const rows = await alone(async (openai) => {
      await openai.chat.completions.create(ask('one'));
      await openai.chat.completions.create(ask('two'));
    }, 2);
    assert.deepEqual(
      rows.map(({ output }) => output),
      ['You said: one — ça va?', 'You said: two — ça va?'],
    );
  });
});

describe('a call inside a request', () => {
  it('is a child of the step in whose scope it is made', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/agent', ({ trace }) =>
          trace.step({ name: 'plan', type: 'agent' }, async () => {
            await Promise.all([
              openai.chat.completions.create(ask('one')),
              trace.step('inner', () => openai.responses.create({ model: 'gpt-5', input: 'two' })),
            ]);
            return { json: 'done' };
          }),
        ),
    });
    await get(app.stage, '/agent', 'a1');
    assert.equal(
      stepsOf(await app.stage.only()),
      printed(`
a1  completed  200
└─ GET /agent [user_call]  → "done"
   └─ plan [agent]  → {"json":"done"}
      ├─ inner [user_call]  → {"id":"resp_1","object":"response","created_at":1700000000,"status":"com…
      │  └─ OpenAI Response [chat_completion]  gpt-5-2026  4+6 tokens  → "You said: two — ça va?"
      └─ OpenAI Chat Completion [chat_completion]  gpt-5-mini-2026  4+6 tokens  → "You said: one — ça va?"
`),
    );
  });

  it('ends with its trace if its stream is not read', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/unread', async () => {
          await openai.chat.completions.create(streamed());
          return { text: 'later' };
        }),
    });
    await get(app.stage, '/unread');
    const call = callIn(await app.stage.only());
    assert.deepEqual([call.metadata?.ended, call.metadata?.unfinished], ['unread', true]);
    assert.equal(call.output, null);
  });

  it('is complete in its trace if it ends after the response', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/late', async () => {
          void openai.chat.completions
            .create(streamed(), scenario('slow-20'))
            .then(async (stream) => {
              for await (const _chunk of stream);
            });
          await pause(60);
          return { text: 'early' };
        }),
    });
    await get(app.stage, '/late');
    const call = callIn(await app.stage.only());
    assert.equal(call.output, 'You said: hi there — ça va?');
    assert.equal(call.metadata?.unfinished, undefined);
  });

  it('has the time to the first token of a stream', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/stream', async () => {
          const options = { headers: { 'x-scenario': 'late-100,slow-10' } };
          const stream = await openai.chat.completions.create(streamed(), options);
          for await (const _chunk of stream);
          return { text: 'done' };
        }),
    });
    await get(app.stage, '/stream');
    const { metadata, latency } = callIn(await app.stage.only());
    const first = Number(metadata?.timeToFirstToken);
    // The first event says who speaks, and six more follow the first token.
    assert.ok(first >= 105 && first <= Number(latency) - 40, `${first} of ${latency}`);
  });

  it('keeps the received part of a stream that the app stops reading', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/left', async () => {
          const stream = await openai.chat.completions.create(
            streamed('50 words'),
            scenario('halt-5'),
          );
          let count = 0;
          for await (const _chunk of stream) if (++count === 4) break;
          return { text: 'enough' };
        }),
    });
    await get(app.stage, '/left');
    const call = callIn(await app.stage.only());
    assert.match(String(call.output), /^w0 w1 w2/);
    assert.deepEqual([call.metadata?.partial, call.metadata?.ended], [true, 'left']);
  });
});

describe('a client that leaves', () => {
  /** Asks for the path and leaves when the server of models was asked. */
  async function leave(path: string, app: Awaited<ReturnType<typeof llmStage>>, afterMs: number) {
    const controller = new AbortController();
    const answer = fetch(`${app.stage.url}${path}`, { signal: controller.signal });
    while (app.llm.asked.length === 0) await pause(5);
    await pause(afterMs);
    controller.abort();
    await answer.catch(() => {});
  }

  it('stops calls that listen to its signal', async () => {
    let thrown: unknown;
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/gone', async ({ trace }) => {
          const options = { signal: trace.signal, ...scenario('hang') };
          try {
            await openai.chat.completions.create(ask(), options);
          } catch (error) {
            thrown = error;
          }
          return { text: 'nobody' };
        }),
    });
    await leave('/gone', app, 20);
    const row = await app.stage.only();
    assert.match(treeOf(row), /aborted/);
    const { ended, error } = callIn(row).metadata ?? {};
    assert.deepEqual([ended, error], ['left', undefined]);
    assert.ok(thrown instanceof OpenAI.APIUserAbortError);
  });

  it('adds the tokens that a call used after it left', async () => {
    await using app = await llmStage({
      define: (define, openai) =>
        define.route('GET', '/gone', async () => {
          await openai.chat.completions.create(ask('20 words'), scenario('late-150'));
          return { text: 'nobody' };
        }),
    });
    await leave('/gone', app, 20);
    const call = callIn(await app.stage.only());
    assert.equal(call.completionTokens, 20);
    const late = call.metadata?.afterClientLeft as Record<string, unknown>;
    assert.deepEqual(Object.keys(late), ['latencyMs', 'completionTokens']);
    assert.equal(late.completionTokens, 20);
  });

  it('adds an estimate of them if a stream was being read', async () => {
    await using app = await llmStage({
      options: { streamUsage: true },
      define: (define, openai) =>
        define.route('GET', '/gone', async () => {
          const stream = await openai.chat.completions.create(
            streamed('20 words'),
            scenario('slow-15'),
          );
          for await (const _chunk of stream);
          return { text: 'nobody' };
        }),
    });
    await leave('/gone', app, 150);
    const call = callIn(await app.stage.only());
    assert.equal(call.completionTokens, 20);
    const late = call.metadata?.afterClientLeft as Record<string, unknown>;
    assert.equal(late.isEstimate, true);
    assert.ok(Number(late.completionTokens) > 0 && Number(late.completionTokens) < 20);
  });
});

describe('content', () => {
  const IMAGE = `data:image/png;base64,${'QUJD'.repeat(1000)}`;
  const withImage = {
    model: 'gpt-5-mini',
    temperature: 0.1,
    user: 'ada@example.org',
    messages: [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: 'what is this?' },
          { type: 'image_url' as const, image_url: { url: IMAGE } },
        ],
      },
    ],
  };

  async function callWith(
    options: Parameters<typeof traceOpenAI>[1],
    diagnostics: readonly string[] = [],
  ): Promise<WireStep> {
    await using app = await llmStage({
      diagnostics,
      options,
      define: (define, openai) =>
        define.route('GET', '/see', async () => {
          await openai.chat.completions.create(withImage);
          return { text: 'seen' };
        }),
    });
    await get(app.stage, '/see');
    assert.match(JSON.stringify(app.llm.asked[0]?.body), /QUJDQUJD/);
    return callIn(await app.stage.only());
  }

  it('is recorded with names in place of media', async () => {
    const call = await callWith({});
    assert.match(JSON.stringify(call.inputs), /"url":"\[image\/png, 3000 bytes\]"/);
    assert.equal(call.output, 'You said: what is this?  — ça va?');
    assert.deepEqual(call.modelParameters, { temperature: 0.1, user: 'ada@example.org' });
  });

  it('can be left out, and everything else is recorded', async () => {
    const call = await callWith({ content: false });
    assert.deepEqual([call.inputs, call.output], [null, null]);
    assert.deepEqual([call.model, call.tokens], ['gpt-5-mini-2026', 14]);
    assert.deepEqual(call.modelParameters, { temperature: 0.1 });
  });

  it('can be masked', async () => {
    const parts: string[] = [];
    const call = await callWith({
      redact(content, part) {
        parts.push(part);
        return JSON.parse(JSON.stringify(content).replace(/what is this/g, '***'));
      },
    });
    assert.deepEqual(parts, ['inputs', 'output']);
    assert.equal(call.output, 'You said: ***?  — ça va?');
    assert.match(JSON.stringify(call.inputs), /"text":"\*\*\*\?"/);
  });

  it('is left out and reported if redact fails', async () => {
    const call = await callWith(
      {
        redact() {
          throw new Error('no mask');
        },
      },
      ['integration_failed'],
    );
    assert.deepEqual(
      [call.inputs, call.output],
      ['[not recorded: redact failed]', '[not recorded: redact failed]'],
    );
  });
});

describe('options', () => {
  it('that are wrong throw at once', () => {
    const openai = new OpenAI({ apiKey: 'k' });
    const wrong = [
      [() => traceOpenAI(undefined as never), /takes a client, such as traceOpenAI\(new OpenAI/],
      [() => traceOpenAI({}), /takes a client/],
      [
        () => traceOpenAI(openai, { provider: '' }),
        /^traceOpenAI: provider must be a non-empty str/,
      ],
      [() => traceOpenAI(openai, { content: 'no' as never }), /^traceOpenAI: content must be true/],
      [() => traceOpenAI(openai, { redact: 'x' as never }), /^traceOpenAI: redact must be a func/],
      [() => traceOpenAI(openai, { streamUsage: 1 as never }), /^traceOpenAI: streamUsage must be/],
      [() => traceOpenAI(openai, { client: 1 as never }), /^traceOpenAI: client must be a string/],
      [() => tracedFetch({ client: 1 as never }), /^tracedFetch: client must be a string/],
      [() => tracedFetch({ fetch: 1 as never }), /^tracedFetch: fetch must be a function/],
    ] as const;
    for (const [fn, message] of wrong) assert.throws(fn, { name: 'TypeError', message });
  });

  it('do not change a client that is traced already', async () => {
    await using llm = await startLlmServer();
    using captured = captureTraces();
    const openai = new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` });
    assert.equal(traceOpenAI(traceOpenAI(openai)), openai);
    await openai.chat.completions.create(ask());
    await pause(30);
    assert.equal((await captured.rows()).length, 1);
  });
});
