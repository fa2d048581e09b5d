/** Chat streams tell their tokens, and the app sees what it would have seen without us. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { drain, stepsOf } from './far-end.ts';
import { ask, rowsOf } from './stage.ts';
import { forgetUnrecorded, unrecordedCalls } from './unrecorded.ts';

const streamed = { ...ask(), stream: true as const };

for (const version of ['openai4', 'openai7']) {
  describe(`the usage of streams, ${version}`, () => {
    let llm: LlmServer;
    let module: { OpenAI: typeof OpenAI };
    before(async () => {
      llm = await startLlmServer();
      module = await import(version);
    });
    after(() => llm[Symbol.asyncDispose]());

    const client = () => new module.OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` });

    /** A client that believes to talk to OpenAI. */
    const atOpenAI = () =>
      new module.OpenAI({
        apiKey: 'k',
        fetch: (input: string | URL | Request, init?: RequestInit) =>
          fetch(String(input).replace('https://api.openai.com', llm.url), init),
      });

    /** The text of a stream, what the server was asked, and the tokens of the step. */
    async function streamOf(openai: OpenAI, params: object = {}, scenario = '') {
      using captured = captureTraces();
      const headers = { 'x-scenario': scenario };
      const response = await openai.chat.completions
        .create({ ...streamed, ...params }, { headers })
        .asResponse();
      const text = await response.text();
      const [trace] = await rowsOf(captured, 1);
      return {
        text,
        asked: llm.asked.at(-1)?.body as { stream_options?: object },
        tokens: trace?.steps[0]?.tokens,
      };
    }

    async function bare(params: object = {}): Promise<string> {
      const response = await client()
        .chat.completions.create({ ...streamed, ...params })
        .asResponse();
      return response.text();
    }

    it('is requested from OpenAI, and hidden from the app', async () => {
      const seen = await streamOf(traceOpenAI(atOpenAI()));
      assert.deepEqual(seen.asked.stream_options, { include_usage: true });
      assert.equal(seen.tokens, 12);
      assert.equal(seen.text, await bare());
    });

    it('is hidden however the stream is divided', async () => {
      const seen = await streamOf(traceOpenAI(atOpenAI()), {}, 'split');
      assert.equal(seen.tokens, 12);
      assert.equal(seen.text, await bare());
    });

    it('is not requested from other hosts', async () => {
      const seen = await streamOf(traceOpenAI(client()));
      assert.equal(seen.asked.stream_options, undefined);
      assert.equal(seen.tokens, null);
    });

    it('is requested from all hosts with streamUsage: true', async () => {
      const seen = await streamOf(traceOpenAI(client(), { streamUsage: true }));
      assert.equal(seen.tokens, 12);
      assert.equal(seen.text, await bare());
    });

    it('is requested from no host with streamUsage: false', async () => {
      const seen = await streamOf(traceOpenAI(atOpenAI(), { streamUsage: false }));
      assert.equal(seen.asked.stream_options, undefined);
      assert.equal(seen.tokens, null);
    });

    it('is passed on if the app requested it', async () => {
      const asked = { stream_options: { include_usage: true } };
      const seen = await streamOf(traceOpenAI(atOpenAI()), asked);
      assert.equal(seen.tokens, 12);
      assert.equal(seen.text, await bare(asked));
      assert.match(seen.text, /"choices":\[\],"usage":\{/);

      const refused = { stream_options: { include_usage: false } };
      assert.equal((await streamOf(traceOpenAI(atOpenAI()), refused)).tokens, null);
    });

    it('does not change other options of the stream', async () => {
      const given = { stream_options: { include_obfuscation: false } };
      const seen = await streamOf(traceOpenAI(atOpenAI()), given);
      assert.deepEqual(seen.asked.stream_options, {
        include_obfuscation: false,
        include_usage: true,
      });
    });

    it('is hidden from apps that stop early or read chunk by chunk', async () => {
      using captured = captureTraces();
      const openai = traceOpenAI(client(), { streamUsage: true });
      const seen: string[] = [];
      for await (const chunk of await openai.chat.completions.create(streamed)) {
        assert.ok(!('usage' in chunk));
        seen.push(chunk.choices[0]?.delta.content ?? '');
      }
      assert.equal(seen.join(''), 'You said: hi there — ça va?');
      const long = { ...streamed, messages: ask('50 words').messages };
      const options = { headers: { 'x-scenario': 'halt-4' } };
      for await (const chunk of await openai.chat.completions.create(long, options)) {
        if (chunk.choices[0]?.delta.content === ' w1') break;
      }
      const traces = await rowsOf(captured, 2);
      assert.equal(traces[1]?.steps[0]?.metadata?.ended, 'left');
    });
  });
}

describe('a request for the usage of a stream', () => {
  const rest = '"stream":true,"messages":[],"seed":12345678901234567890,"user":"a"}';
  const sent: Readonly<Record<string, readonly [body: string, expected: string]>> = {
    'nothing else of the body': [`{${rest}`, `{"stream_options":{"include_usage":true},${rest}`],
    'nothing of a body after white space': [
      `\n {${rest}`,
      `{"stream_options":{"include_usage":true},${rest}`,
    ],
    'no body with another choice': [
      `{"stream_options":{"include_usage":false},${rest}`,
      `{"stream_options":{"include_usage":false},${rest}`,
    ],
  };
  for (const [what, [body, expected]] of Object.entries(sent)) {
    it(`changes ${what}`, async () => {
      let received: unknown;
      const gateway = async (_input: unknown, init?: RequestInit) => {
        received = init?.body;
        return new Response('', { headers: { 'content-type': 'text/event-stream' } });
      };
      using _captured = captureTraces();
      const send = tracedFetch({ fetch: gateway as typeof fetch, streamUsage: true });
      const url = 'https://gateway.example/v1/chat/completions';
      await (await send(url, { method: 'POST', body })).text();
      assert.equal(received, expected);
    });
  }
});

describe('the usage of a stream whose request is signed', () => {
  const sha256 = (body: unknown) => createHash('sha256').update(String(body)).digest('hex');
  const send = (sign: (headers: Headers, body: string) => void) => async (baseURL: string) => {
    class Signing extends OpenAI {
      protected override async prepareRequest(request: RequestInit): Promise<void> {
        const headers = new Headers(request.headers);
        sign(headers, String(request.body));
        request.headers = headers;
      }
    }
    const openai = traceOpenAI(new Signing({ apiKey: 'k', baseURL, maxRetries: 0 }), {
      streamUsage: true,
    });
    await drain(await openai.chat.completions.create(streamed));
  };
  const byHeader = (name: string, value?: string) =>
    send((headers, body) => headers.set(name, value ?? sha256(body)));
  const byFetch = (headers: RequestInit['headers']) => (url: string) =>
    tracedFetch({ streamUsage: true })(`${url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(streamed),
      ...(headers && { headers }),
    });

  const SIGNED: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
    'by x-amz-content-sha256': byHeader('x-amz-content-sha256'),
    'by x-ms-content-sha256': byHeader('x-ms-content-sha256'),
    'by x-content-sha256': byHeader('x-content-sha256'),
    'by content-digest': byHeader('content-digest'),
    'by content-md5': byHeader('content-md5'),
    'by digest': byHeader('digest'),
    'by signature': byHeader('signature'),
    'by signature-input': byHeader('signature-input'),
    'by the scheme of AWS': byHeader('authorization', 'AWS4-HMAC-SHA256 Credential=a'),
    'by the scheme of Tencent': byHeader('authorization', 'TC3-HMAC-SHA256 Credential=a'),
    'by the scheme of Oracle': byHeader('authorization', 'Signature version="1"'),
    'by a header in an object': byFetch({ 'Content-MD5': 'x' }),
    'by a header in an array': byFetch([['Content-MD5', 'x']]),
  };
  for (const [how, call] of Object.entries(SIGNED)) {
    it(`is not requested, and its absence is reported: ${how}`, async () => {
      forgetUnrecorded();
      let body: unknown;
      const run = (url: string) => unrecordedCalls(() => call(url));
      let reported: readonly string[] = [];
      await stepsOf(
        (res, _req, sent) => {
          body = JSON.parse(sent);
          res.writeHead(200, { 'content-type': 'text/event-stream' });
          res.end('data: [DONE]\n\n');
        },
        async (url) => {
          reported = await run(url);
        },
        0,
      );
      assert.deepEqual(body, streamed);
      assert.equal(reported.length, 1);
      assert.match(
        String(reported[0]),
        /^the usage of signed streams of POST .*chat\/completions$/,
      );
    });
  }

  it('is requested if only the app is authorized', async () => {
    let body: unknown;
    await stepsOf(
      (res, _req, sent) => {
        body = JSON.parse(sent);
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.end('data: [DONE]\n\n');
      },
      send((headers) => headers.set('x-request-signing-key-id', 'a')),
    );
    assert.deepEqual(body, { ...streamed, stream_options: { include_usage: true } });
  });
});

describe('the usage that a gateway sends', () => {
  const usage = '{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}';
  const events: Readonly<Record<string, string>> = {
    'with an id': `id: 7\ndata: ${usage}\n\n`,
    'after a comment': `: keep-alive\ndata: ${usage}\n\n`,
    'with carriage returns': `event: chunk\r\ndata: ${usage}\r\n\r\n`,
  };
  for (const [kind, event] of Object.entries(events)) {
    it(`is hidden from the app ${kind}`, async () => {
      const said = 'data: {"choices":[{"index":0,"delta":{"content":"So."}}]}\n\n';
      const headers = { 'content-type': 'text/event-stream' };
      const gateway = async () => new Response(`${said}${event}data: [DONE]\n\n`, { headers });
      const send = tracedFetch({ fetch: gateway, streamUsage: true });
      using captured = captureTraces();
      const body = JSON.stringify(streamed);
      const response = await send('https://gateway.example/v1/chat/completions', {
        method: 'POST',
        body,
      });
      assert.equal(await response.text(), `${said}data: [DONE]\n\n`);
      assert.equal((await rowsOf(captured, 1))[0]?.steps[0]?.tokens, 8);
    });
  }
});
