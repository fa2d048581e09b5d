/** Responses of other classes, with other bodies, or that cannot be changed: the app receives what it would have received. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { ask } from './stage.ts';

interface NodeFetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: unknown;
  readonly url: string;
  readonly redirected: boolean;
  readonly size: number;
  readonly timeout: number;
  readonly body: PassThrough;
  text(): Promise<string>;
}

const require = createRequire(import.meta.url);
// The copy that version 4 of OpenAI's client uses.
const { Response: NodeFetchResponse } = createRequire(require.resolve('openai4'))('node-fetch') as {
  Response: new (body: PassThrough, init: object) => NodeFetchResponse;
};

const URL = 'https://api.openai.com/v1/chat/completions';
const EVENTS = { 'content-type': 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };
const chunk = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const STREAMED = `${chunk('So')}${chunk('.')}data: [DONE]\n\n`;
const WHOLE = JSON.stringify({ model: 'm', choices: [{ message: { content: 'So.' } }] });

/** What a traced fetch returns if the fetch below returns this, and the step once it was read. */
async function passed<T extends object>(
  response: T,
  read: (received: T) => unknown,
): Promise<{ received: T; step: WireStep }> {
  using captured = captureTraces({ logLevel: 'off' });
  const send = tracedFetch({ fetch: async () => response as never, streamUsage: true });
  const body = JSON.stringify({ ...ask(), stream: true });
  const received = (await send(URL, { method: 'POST', body })) as unknown as T;
  await read(received);
  const step = (await captured.rows())[0]?.steps[0];
  assert.ok(step, 'the call has not ended');
  return { received, step };
}

const node = (text: string) => Readable.from([Buffer.from(text)]).pipe(new PassThrough());

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const bytes of body) chunks.push(bytes);
  return Buffer.concat(chunks).toString();
}

interface WithNodeBody {
  readonly status: number;
  readonly headers: unknown;
  readonly body: PassThrough;
}

/** A response class of someone's own, as of a mock. */
class OwnResponse implements WithNodeBody {
  readonly status = 200;
  readonly headers = EVENTS;
  readonly body: PassThrough = node(STREAMED);
  readonly trailer = 'kept';
}

class RefusingResponse extends OwnResponse {
  constructor(...args: readonly unknown[]) {
    super();
    if (args.length > 0) throw new TypeError('not so');
  }
}

const nodeResponses: Readonly<Record<string, () => WithNodeBody>> = {
  'a plain object': () => ({ status: 200, headers: EVENTS, body: node(STREAMED) }),
  'a frozen plain object': () =>
    Object.freeze({ status: 200, headers: EVENTS, body: node(STREAMED) }),
  'of a class that takes no body': () => new OwnResponse(),
  'of a class whose constructor throws': () => new RefusingResponse(),
  'sealed, of a class of its own': () => Object.seal(new OwnResponse()),
};

describe('a response with a Node stream whose usage would be hidden', () => {
  for (const [kind, make] of Object.entries(nodeResponses)) {
    it(`is the same if it is ${kind}`, async () => {
      const response = make();
      let text = '';
      const { received, step } = await passed(response, async ({ body }) => {
        text = await textOf(body);
      });
      assert.equal(received, response);
      assert.equal(text, STREAMED);
      assert.equal(step.output, 'So.');
    });
  }

  it('is the same if its stream cannot be changed', async () => {
    const body = node(STREAMED);
    Object.defineProperty(body, 'emit', { value: body.emit, writable: false });
    const response = new NodeFetchResponse(body, { headers: JSON_TYPE });
    await passed(response, async (received) => {
      assert.equal(await received.text(), STREAMED);
    });
  });

  it('has the facts of the former response of node-fetch', async () => {
    const init = { headers: EVENTS, url: 'https://here', size: 5000, timeout: 70, counter: 1 };
    const response = new NodeFetchResponse(node(STREAMED), init);
    let text = '';
    const { received, step } = await passed(response, async (each) => {
      text = await each.text();
    });
    assert.notEqual(received, response);
    assert.equal(text, STREAMED);
    assert.equal(step.output, 'So.');
    const factsOf = ({ url, redirected, size, timeout, ok, status }: NodeFetchResponse) => {
      return { url, redirected, size, timeout, ok, status };
    };
    assert.deepEqual(factsOf(received), factsOf(response));
    assert.ok(received instanceof NodeFetchResponse);
  });

  it('ends if its source is closed before its end', async () => {
    const body = new PassThrough();
    body.write(chunk('So'));
    setTimeout(() => body.destroy(), 20);
    const response = new NodeFetchResponse(body, { headers: EVENTS });
    await passed(response, async (received) => {
      const read = textOf(received.body);
      await assert.rejects(read, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
    });
  });
});

describe('a response with a web stream', () => {
  it('keeps what another library has added to it', async () => {
    const response = Object.assign(new Response(WHOLE, { headers: JSON_TYPE }), { attempt: 3 });
    const { received, step } = await passed(response, (each) => each.json());
    assert.equal(received.attempt, 3);
    assert.equal(step.output, 'So.');
  });

  it('keeps its address in its copies', async () => {
    const response = new Response(WHOLE, { headers: JSON_TYPE });
    Object.defineProperty(response, 'url', { value: URL });
    const { received, step } = await passed(response, async (each) => {
      const copy = each.clone();
      assert.deepEqual([copy.url, copy.clone().url], [URL, URL]);
      assert.deepEqual([await copy.text(), await each.text()], [WHOLE, WHOLE]);
    });
    assert.deepEqual(Object.keys(received), Object.keys(response));
    assert.equal(step.output, 'So.');
  });

  const ways: Readonly<Record<string, (response: Response) => Response>> = {
    frozen: Object.freeze,
    sealed: Object.seal,
  };
  for (const [way, change] of Object.entries(ways)) {
    it(`is recorded if it is ${way}`, async () => {
      const response = change(new Response(WHOLE, { headers: JSON_TYPE }));
      const { step } = await passed(response, async (each) => {
        assert.equal(await each.text(), WHOLE);
      });
      assert.equal(step.output, 'So.');
    });
  }

  it('is recorded if its media type is in capitals', async () => {
    const headers = { 'Content-Type': 'Application/JSON; Charset=UTF-8' };
    const { step } = await passed(new Response(WHOLE, { headers }), (each) => each.json());
    assert.equal(step.output, 'So.');
  });

  for (const status of [600, 999]) {
    it(`has failed, and is the same, with the status ${status}`, async () => {
      const response = new Response(WHOLE, { headers: JSON_TYPE });
      Object.defineProperty(response, 'status', { value: status });
      const { received, step } = await passed(response, async (each) => {
        assert.equal(await each.text(), WHOLE);
      });
      assert.equal(received, response);
      assert.match(JSON.stringify(step.metadata?.error), new RegExp(`HTTP ${status}`));
    });
  }

  it('is recorded if its status text is of any language', async () => {
    const head = `HTTP/1.1 200 Đã xong\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n`;
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(head + WHOLE));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const { received, step } = await passed(
      await fetch(`http://127.0.0.1:${port}/`),
      async (each) => assert.equal(await each.text(), WHOLE),
    );
    server.close();
    assert.deepEqual([received.status, received.statusText], [200, 'Đã xong']);
    assert.equal(step.output, 'So.');
  });

  it('is the same if it was read before', async () => {
    const response = new Response(WHOLE, { headers: JSON_TYPE });
    await response.text();
    const { received } = await passed(response, () => {});
    assert.equal(received, response);
    assert.equal(received.bodyUsed, true);
  });

  it('is the same if a reader holds its body', async () => {
    const response = new Response(WHOLE, { headers: JSON_TYPE });
    const reader = response.body?.getReader();
    const { received } = await passed(response, () => reader?.read());
    assert.equal(received, response);
  });

  it('is the same if its class cannot have its status', async () => {
    const response = new Response(WHOLE, { headers: JSON_TYPE });
    Object.defineProperty(response, 'status', { value: 204 });
    const { received } = await passed(response, async (each) => {
      assert.equal(await each.text(), WHOLE);
    });
    assert.equal(received, response);
  });
});

describe('a response of a mock', () => {
  const bodies: Readonly<Record<string, unknown>> = {
    'a string': WHOLE,
    bytes: new TextEncoder().encode(WHOLE),
    'an object': {},
    'no body': null,
    'a stream that its json() does not read': new Response('{}').body,
  };
  for (const [kind, body] of Object.entries(bodies)) {
    it(`is the same with ${kind}`, async () => {
      const json = async () => JSON.parse(WHOLE) as object;
      const response = Object.freeze({ ok: true, status: 200, headers: JSON_TYPE, body, json });
      const { received } = await passed(response, async (each) => {
        assert.deepEqual(await each.json(), JSON.parse(WHOLE));
      });
      assert.equal(received, response);
    });
  }
});
