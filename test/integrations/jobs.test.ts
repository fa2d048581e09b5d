/** Providers that answer by jobs, Replicate and fal: one step from the request that makes a job to the one that ends it. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { LLM } from '@langchain/core/language_models/llms';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import {
  type FetchOptions,
  instrumentFetch,
  tracedFetch,
} from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

type Fetch = typeof fetch;
type Answer = Readonly<Record<string, unknown>> & { readonly status?: string; readonly id: string };

const REPLICATE = 'https://api.replicate.com/v1';
const FAL = 'https://fal.run';
const QUEUE = 'https://queue.fal.run';
/** Where Hugging Face passes requests on to fal's queue. */
const ROUTED = 'https://router.huggingface.co/fal-ai';
const DONE = /^(succeeded|failed|canceled)$/;

describe('a job', () => {
  const real = globalThis.fetch;
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
  });
  after(() => llm[Symbol.asyncDispose]());

  /** The hosts of the providers are on this machine. */
  const toLocal: Fetch = (input, init) => {
    const asked = input instanceof Request ? input.url : String(input);
    const { origin, hostname, pathname, search } = new URL(asked.replace(ROUTED, QUEUE));
    const isFal = hostname.endsWith('fal.run');
    const local = origin === llm.url ? origin : `${llm.url}${isFal ? `/${hostname}` : ''}`;
    const address = `${local}${pathname}${search}`;
    return real(input instanceof Request ? new Request(address, input) : address, init);
  };

  const post = (body: object, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

  async function json(response: Promise<Response>): Promise<Answer> {
    return (await (await response).json()) as Answer;
  }

  /** Runs a prediction as Replicate's client does. */
  async function predict(send: Fetch, input: object, given: object = {}): Promise<Answer> {
    const { wait, ...others } = { wait: true, ...given };
    const prefer: Record<string, string> = wait ? { prefer: 'wait' } : {};
    const url = `${REPLICATE}/models/meta/llama/predictions`;
    let answer = await json(send(url, post({ input, ...others }, prefer)));
    while (!DONE.test(String(answer.status))) {
      answer = await json(send(`${REPLICATE}/predictions/${answer.id}`));
    }
    return answer;
  }

  /** Runs a request of the queue as fal's client does. */
  async function subscribe(send: Fetch, input: object, streams = false): Promise<void> {
    const { request_id } = await json(send(`${QUEUE}/fal-ai/flux/dev`, post(input)));
    const request = `${QUEUE}/fal-ai/flux/requests/${String(request_id)}`;
    if (streams) await (await send(`${request}/status/stream`)).text();
    else while ((await json(send(`${request}/status?logs=0`))).status !== 'COMPLETED');
    await (await send(request)).text();
  }

  async function rows(
    work: (send: Fetch) => Promise<unknown>,
    options: FetchOptions = {},
    expected = 1,
  ): Promise<readonly WireRow[]> {
    using captured = captureTraces();
    await work(tracedFetch({ fetch: toLocal, ...options }));
    const all = await rowsOf(captured, expected);
    assert.equal(all.length, expected);
    return all;
  }

  async function stepOf(
    work: (send: Fetch) => Promise<unknown>,
    options?: FetchOptions,
  ): Promise<WireStep> {
    const [row] = await rows(work, options);
    assert.ok(row?.steps[0]);
    return row.steps[0];
  }

  const ended = ({ metadata }: WireStep) => [metadata?.ended, metadata?.partial, metadata?.error];

  describe('of Replicate', () => {
    it('ends with the request that creates it, if that waits', async () => {
      const call = await stepOf((send) =>
        predict(send, { prompt: 'hi', max_tokens: 9, mode: 'x' }),
      );
      assert.deepEqual(
        [call.name, call.type, call.provider, call.model, call.output],
        ['LLM Prediction', 'chat_completion', 'replicate', 'meta/llama', 'You said: hi'],
      );
      assert.deepEqual(call.inputs, { prompt: [{ role: 'user', content: 'hi' }], mode: 'x' });
      assert.deepEqual(call.modelParameters, { max_tokens: 9 });
      assert.deepEqual([call.promptTokens, call.completionTokens, call.tokens], [4, 6, 10]);
      assert.equal(call.metadata?.finishReason, 'succeeded');
      assert.deepEqual(call.metadata?.billed, { units: { predict_seconds: 1.5 } });
      assert.deepEqual(ended(call), [undefined, undefined, undefined]);
    });

    it('may be created by a Request', async () => {
      const call = await stepOf(async (send) => {
        const url = `${REPLICATE}/models/meta/llama/predictions`;
        const { id } = await json(send(new Request(url, post({ input: { prompt: 'hi' } }))));
        while ((await json(send(`${REPLICATE}/predictions/${id}`))).status !== 'succeeded');
      });
      assert.deepEqual([call.name, call.output], ['LLM Prediction', 'You said: hi']);
    });

    it('is polled until it ends', async () => {
      for (const given of [{ wait: false }, {}]) {
        const call = await stepOf((send) => predict(send, { prompt: 'hi', slow: true }, given));
        assert.deepEqual([call.output, call.tokens], ['You said: hi', 10]);
        assert.deepEqual(ended(call), [undefined, undefined, undefined]);
      }
    });

    it('may be one of a version, with images', async () => {
      const call = await stepOf((send) =>
        send(
          `${REPLICATE}/predictions`,
          post({ version: 'abc123', input: { prompt: 'a cat', draws: true } }, { prefer: 'wait' }),
        ).then((response) => response.text()),
      );
      assert.deepEqual(
        [call.model, call.output],
        ['abc123', ['https://replicate.delivery/1.webp']],
      );
    });

    it('fails with what the provider says', async () => {
      const call = await stepOf((send) => predict(send, { prompt: 'hi', slow: true, fails: true }));
      assert.deepEqual(ended(call), [undefined, undefined, 'CUDA out of memory']);
      assert.equal(call.output, null);
    });

    it('fails if it is not created', async () => {
      const call = await stepOf(async (send) => {
        const made = post({ input: { prompt: 'hi' } }, { 'x-scenario': 'status-401' });
        const response = await send(`${REPLICATE}/models/meta/llama/predictions`, made);
        assert.equal(response.status, 401);
        await response.text();
      });
      assert.deepEqual(ended(call), [undefined, undefined, '401 it is 401']);
    });

    it('is one step if a poll fails in between', async () => {
      const call = await stepOf((send) => {
        let asked = 0;
        const unsure: Fetch = async (input, init) => {
          const isFirst = init === undefined && asked++ === 0;
          if (!isFirst) return send(input, init);
          const broken = await send(input, { headers: { 'x-scenario': 'asked-503' } });
          assert.equal(broken.status, 503);
          await broken.text();
          return send(input);
        };
        return predict(unsure, { prompt: 'hi', slow: true });
      });
      assert.equal(call.output, 'You said: hi');
      assert.deepEqual(ended(call), [undefined, undefined, undefined]);
    });

    it('ends if the app cancels it', async () => {
      const call = await stepOf(async (send) => {
        const url = `${REPLICATE}/models/meta/llama/predictions`;
        const { id } = await json(send(url, post({ input: { prompt: 'hi' } })));
        await (await send(`${REPLICATE}/predictions/${id}/cancel`, { method: 'POST' })).text();
      });
      assert.equal(call.metadata?.finishReason, 'canceled');
    });

    it('is not waited for if its result is sent to a webhook', async () => {
      const call = await stepOf((send) =>
        send(
          `${REPLICATE}/models/meta/llama/predictions`,
          post({ input: { prompt: 'hi' }, webhook: 'https://app.example/hook' }),
        ).then((response) => response.text()),
      );
      assert.equal(call.metadata?.ended, 'unfinished');
    });

    async function stream(send: Fetch, input: object, scenario = ''): Promise<Response> {
      const url = `${REPLICATE}/models/meta/llama/predictions`;
      const { urls } = await json(send(url, post({ input })));
      const address = (urls as { stream: string }).stream;
      return send(address, {
        headers: { accept: 'text/event-stream', 'x-scenario': scenario },
      });
    }

    it('may be streamed', async () => {
      const call = await stepOf(async (send) => (await stream(send, { prompt: 'hi — ça' })).text());
      assert.equal(call.output, 'You said: hi — ça');
      assert.equal(typeof call.metadata?.timeToFirstToken, 'number');
      assert.deepEqual(ended(call), [undefined, undefined, undefined]);
    });

    it('ends with the last event of its stream, also if nobody reads on', async () => {
      const call = await stepOf(async (send) => {
        const reader = (await stream(send, { prompt: 'hi' })).body?.getReader();
        let said = '';
        while (!said.includes('event: done')) {
          said += new TextDecoder().decode((await reader?.read())?.value);
        }
        reader?.releaseLock();
      });
      assert.deepEqual(ended(call), [undefined, undefined, undefined]);
    });

    it('keeps the received part of a stream that was left or failed', async () => {
      const left = await stepOf(async (send) => {
        const { body } = await stream(send, { prompt: 'hi' }, 'halts');
        const reader = body?.getReader();
        await reader?.read();
        await reader?.cancel();
      });
      assert.match(String(left.output), /^You/);
      assert.deepEqual(ended(left), ['left', true, undefined]);
      const failed = await stepOf(async (send) =>
        (await stream(send, { prompt: 'hi', fails: true })).text(),
      );
      assert.equal(failed.output, 'You said: hi');
      assert.deepEqual(ended(failed), [undefined, true, 'CUDA out of memory']);
    });

    it('is in the trace that created it, wherever it is polled, and ends with that trace at the latest', async () => {
      const url = `${REPLICATE}/models/meta/llama/predictions`;
      const [row] = await rows(async (send) => {
        let made: Answer | undefined;
        const work = trace(
          async () => {
            made = await json(send(url, post({ input: { prompt: 'one' } })));
            await json(send(url, post({ input: { prompt: 'two' } })));
            await isAskedFor;
          },
          { name: 'work' },
        );
        let ask = () => {};
        const isAskedFor = new Promise<void>((resolve) => {
          ask = resolve;
        });
        const working = work();
        while (made === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
        while ((await json(send(`${REPLICATE}/predictions/${made.id}`))).status !== 'succeeded');
        ask();
        await working;
      });
      const [first, second] = row?.steps[0]?.steps ?? [];
      assert.ok(first && second);
      assert.deepEqual([first.output, ended(first)[0]], ['You said: one', undefined]);
      assert.deepEqual([second.output, ended(second)[0]], [null, 'unfinished']);
    });
  });

  describe('of fal', () => {
    it('is run by one request', async () => {
      const call = await stepOf((send) =>
        send(`${FAL}/fal-ai/flux/dev`, post({ prompt: 'hi', seed: 7 })).then((r) => r.text()),
      );
      assert.deepEqual(
        [call.name, call.type, call.provider, call.model, call.output],
        ['LLM Inference', 'chat_completion', 'fal_ai', 'fal-ai/flux/dev', 'You said: hi'],
      );
      assert.deepEqual(call.modelParameters, { seed: 7 });
      assert.equal(call.metadata?.responseId, 'fal-request');
      assert.deepEqual(call.metadata?.billed, { units: { billable_units: 1.5 } });
    });

    it('is streamed, each event with the whole output so far', async () => {
      const call = await stepOf((send) =>
        send(`${FAL}/fal-ai/any-llm/stream`, post({ prompt: 'hi' })).then((r) => r.text()),
      );
      assert.deepEqual([call.model, call.output], ['fal-ai/any-llm', 'You said: hi']);
      assert.deepEqual(ended(call), [undefined, undefined, undefined]);
    });

    for (const streams of [false, true]) {
      it(`is queued, and its state ${streams ? 'streamed' : 'polled'}`, async () => {
        const call = await stepOf((send) => subscribe(send, { prompt: 'a', draws: true }, streams));
        assert.deepEqual(call.output, {
          images: [{ url: 'https://fal.media/1.png', width: 64 }],
          seed: 7,
        });
        assert.deepEqual(
          [call.metadata?.inferenceSeconds, call.metadata?.billed],
          [2.5, { units: { billable_units: 1.5 } }],
        );
        assert.deepEqual(ended(call), [undefined, undefined, undefined]);
      });
    }

    it('is queued through Hugging Face', async () => {
      const call = await stepOf(async (send) => {
        const routed: Fetch = (input, init) => {
          const { pathname } = new URL(String(input));
          return send(`${ROUTED}${pathname}?_subdomain=queue`, init);
        };
        await subscribe(routed, { prompt: 'a' });
      });
      assert.deepEqual(
        [call.provider, call.model, call.output],
        ['huggingface', 'fal-ai/flux/dev', 'You said: a'],
      );
    });

    it('fails if its result is an error', async () => {
      const call = await stepOf((send) => subscribe(send, { prompt: 'a', fails: true }));
      assert.match(String(call.metadata?.error), /^422 .*too dark/);
    });

    it('ends if the app cancels it', async () => {
      const call = await stepOf(async (send) => {
        const { request_id } = await json(send(`${QUEUE}/fal-ai/flux/dev`, post({ prompt: 'a' })));
        const url = `${QUEUE}/fal-ai/flux/requests/${String(request_id)}/cancel`;
        await (await send(url, { method: 'PUT' })).text();
      });
      assert.equal(call.metadata?.finishReason, 'CANCELLED');
    });

    it('is not waited for if its result is sent to a webhook', async () => {
      const call = await stepOf((send) =>
        send(`${QUEUE}/fal-ai/flux/dev?fal_webhook=https://a.b`, post({ prompt: 'a' })).then((r) =>
          r.text(),
        ),
      );
      assert.equal(call.metadata?.ended, 'unfinished');
    });
  });

  it('stays in its own trace, among a hundred concurrent ones', async () => {
    const all = await rows(
      (send) =>
        Promise.all(
          Array.from({ length: 100 }, (_each, i) => {
            const work = trace(() => predict(send, { prompt: `p${i}`, slow: true }), {
              name: `p${i}`,
            });
            return work();
          }),
        ),
      {},
      100,
    );
    const seen = all.map(({ steps: [root] }) => [
      root?.name,
      root?.steps.map((each) => each.output),
    ]);
    assert.equal(seen.length, 100);
    for (const [name, outputs] of seen) assert.deepEqual(outputs, [`You said: ${String(name)}`]);
  });

  it('has no content with content: false', async () => {
    for (const work of [
      (send: Fetch) => predict(send, { prompt: 'secret', slow: true }),
      (send: Fetch) => subscribe(send, { prompt: 'secret' }),
    ]) {
      const call = await stepOf(work, { content: false });
      assert.ok(!JSON.stringify(call).includes('secret'));
      assert.ok(call.model);
    }
  });

  it('is one step with the global fetch too', async () => {
    using captured = captureTraces();
    globalThis.fetch = toLocal;
    const undo = instrumentFetch();
    try {
      await predict(fetch, { prompt: 'hi', slow: true });
      await subscribe(fetch, { prompt: 'hi' });
    } finally {
      undo();
      globalThis.fetch = real;
    }
    const outputs = (await rowsOf(captured, 2)).map(({ steps: [root] }) => root?.output);
    assert.deepEqual(outputs, ['You said: hi', 'You said: hi']);
  });

  describe('of a framework', () => {
    /** The options of one call: those of the whole process are shared with other tests. */
    function callbacks(): CallbackManager {
      class Own extends CallbackManager {
        static override _configureSync(): CallbackManager | undefined {
          return undefined;
        }
      }
      traceLangChain(Own);
      return Own._configureSync() as CallbackManager;
    }

    /** LangChain's models of Replicate and fal send such requests. */
    class Model extends LLM {
      readonly #send: (prompt: string) => Promise<string>;

      constructor(send: (prompt: string) => Promise<string>) {
        super({ maxRetries: 1 });
        this.#send = send;
      }

      _llmType(): string {
        return 'replicate';
      }

      _call(prompt: string): Promise<string> {
        return this.#send(prompt);
      }
    }

    const SENDS: Readonly<Record<string, (prompt: string) => Promise<string>>> = {
      'a prediction': async (prompt) =>
        String((await predict(fetch, { prompt, slow: true })).output),
      'a prediction that waits': async (prompt) =>
        String((await predict(fetch, { prompt })).output),
      'a prediction that is streamed': async (prompt) => {
        const url = `${REPLICATE}/models/meta/llama/predictions`;
        const { urls } = await json(fetch(url, post({ input: { prompt } })));
        return (await fetch((urls as { stream: string }).stream)).text();
      },
      'a run of fal': async (prompt) =>
        (await fetch(`${FAL}/fal-ai/flux/dev`, post({ prompt }))).text(),
      'a queue of fal': async (prompt) => {
        await subscribe(fetch, { prompt });
        return 'done';
      },
      'a prediction that is refused and made again': async (prompt) => {
        const url = `${REPLICATE}/models/meta/llama/predictions`;
        const refused = post({ input: { prompt } }, { 'x-scenario': 'status-503' });
        assert.equal((await fetch(url, refused)).status, 503);
        return String((await predict(fetch, { prompt })).output);
      },
    };

    for (const [what, send] of Object.entries(SENDS)) {
      it(`is recorded only by the framework: ${what}`, async () => {
        using captured = captureTraces();
        globalThis.fetch = toLocal;
        const undo = instrumentFetch();
        try {
          await new Model(send).invoke('hi', { callbacks: callbacks() });
          const rows = await captured.rows();
          assert.deepEqual(
            rows.map(({ steps: [root] }) => [root?.name, root?.steps.length]),
            [['LangChain Chat Completion', 0]],
          );
          // A job of its own beside it is recorded as before.
          await predict(fetch, { prompt: 'another' });
          assert.equal((await rowsOf(captured, 2)).length, 2);
        } finally {
          undo();
          globalThis.fetch = real;
        }
      });
    }
  });
});
