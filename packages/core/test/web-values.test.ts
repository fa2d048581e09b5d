import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { trace } from '@openlayer-tracing/core';
import { record, rootOf } from './support.ts';

const TEXT = 'text/plain;charset=UTF-8';
const SECRET = 'sk-canary';
const pdf = () => new File(['12345'], 'report.pdf', { type: 'application/pdf' });

function formOf(...fields: readonly (readonly [name: string, value: string | File])[]): FormData {
  const form = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value);
  }
  return form;
}

async function fetched(): Promise<Response> {
  return fetch(`data:application/json,{"key":"${SECRET}"}`);
}

const VALUES: readonly (readonly [
  what: string,
  make: () => object | Promise<object>,
  shown: unknown,
])[] = [
  ['a response of JSON', () => Response.json({ a: 1 }), '[Response 200, application/json]'],
  [
    'a response that states its length',
    () => new Response('abc', { status: 404, headers: { 'content-length': '3' } }),
    `[Response 404, ${TEXT}, 3 bytes]`,
  ],
  ['a response without a body', () => new Response(null, { status: 204 }), '[Response 204]'],
  ['a redirect', () => Response.redirect('https://h.test/a', 302), '[Response 302]'],
  ['a failed response', () => Response.error(), '[Response 0]'],
  [
    'a response whose length is no number',
    () => new Response(null, { headers: { 'content-length': SECRET } }),
    '[Response 200]',
  ],
  ['a response of fetch', fetched, '[Response 200, application/json]'],
  [
    'a response of a subclass',
    () => {
      class AppResponse extends Response {}
      Object.defineProperty(AppResponse.prototype, 'status', {
        get: () => assert.fail('app code ran'),
      });
      return new AppResponse();
    },
    '[AppResponse 200]',
  ],
  [
    'a request',
    () => new Request(`https://h.test/a?key=${SECRET}#${SECRET}`, { method: 'POST', body: 'x' }),
    `[Request POST, https://h.test/a, ${TEXT}]`,
  ],
  [
    'headers, by their names alone',
    () => new Headers({ 'x-user': SECRET, cookie: SECRET }),
    '[Headers: cookie, x-user]',
  ],
  ['headers without any', () => new Headers(), '[Headers]'],
  [
    'parameters of a URL',
    () => new URLSearchParams(`a=1&a=2&token=${SECRET}`),
    { a: ['1', '2'], token: '[redacted]' },
  ],
  [
    'a form with files',
    () => formOf(['a', '1'], ['password', SECRET], ['file', pdf()]),
    { a: '1', password: '[redacted]', file: '[report.pdf, application/pdf, 5 bytes]' },
  ],
  ['a file', pdf, '[report.pdf, application/pdf, 5 bytes]'],
  ['a file without a type', () => new File(['ab'], 'a'), '[a, 2 bytes]'],
  ['a blob', () => new Blob(['abc']), '[Blob: 3 bytes]'],
  ['a blob with a type', () => new Blob(['abc'], { type: 'image/png' }), '[image/png, 3 bytes]'],
  ['a signal', () => new AbortController().signal, '[AbortSignal]'],
  ['a signal that is aborted', () => AbortSignal.abort(SECRET), '[AbortSignal aborted]'],
  ['a URL', () => new URL('https://u:p@h.test/a'), 'https://[redacted]@h.test/a'],
  ['a stream', () => new ReadableStream(), '[ReadableStream]'],
  [
    'an object that only inherits from a response',
    () => Object.create(Response.prototype) as object,
    '[Response]',
  ],
  [
    'an object with the name of a response',
    () =>
      new (class Response {
        get status(): number {
          throw new Error('app code ran');
        }
        get [Symbol.toStringTag](): string {
          throw new Error('app code ran');
        }
      })(),
    '[Response]',
  ],
  [
    'an object that says that it is a response',
    () => Object.create({ [Symbol.toStringTag]: 'Response', constructor: Map }) as object,
    '[Map]',
  ],
  [
    'an object of another realm',
    () => runInNewContext('new (class Headers {})()') as object,
    '[Headers]',
  ],
];

async function shown(value: unknown): Promise<unknown> {
  using traces = record();
  // Within a step, so that an iterable is not followed.
  trace(() => ({ value }))();
  return (rootOf(await traces.row()).output as { readonly value: unknown }).value;
}

describe('an object of the web platform', () => {
  for (const [what, make, expected] of VALUES) {
    it(`shows what is known of ${what}`, async () => {
      const output = await shown(await make());
      assert.deepEqual(output, expected);
    });
  }

  it('is as it was: its body is unread, and may be read', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('abc'));
        controller.close();
      },
    });
    const response = new Response(body);
    assert.equal(await shown(response), '[Response 200]');
    assert.equal(response.bodyUsed, false);
    assert.equal(response.body?.locked, false);
    assert.equal(await response.text(), 'abc');
    const request = new Request('https://h.test', { method: 'POST', body: 'abc' });
    await shown(request);
    assert.equal(await request.text(), 'abc');
  });

  it('is not created for a response that stands for one, as in @hono/node-server', async () => {
    let created = 0;
    const Platform = globalThis.Response;
    class Response$1 {
      get status() {
        return 201;
      }
      get headers() {
        created++;
        return new Headers();
      }
    }
    Object.setPrototypeOf(Response$1.prototype, Platform.prototype);
    globalThis.Response = Response$1 as unknown as typeof Response;
    try {
      assert.equal(await shown(new Response$1()), '[Response 201]');
      assert.equal(await shown(new Platform(null, { status: 204 })), '[Response 204]');
    } finally {
      globalThis.Response = Platform;
    }
    assert.equal(created, 0);
  });

  it('has a bounded number of fields', async () => {
    const form = new URLSearchParams();
    for (let i = 0; i < 50_000; i++) form.append(`k${i}`, '1');
    const output = (await shown(form)) as Readonly<Record<string, unknown>>;
    assert.ok(Object.keys(output).length <= 10_001);
  });

  it('is the output of a traced function that returns a promise of it', async () => {
    using traces = record();
    const call = trace(async function call() {
      return Response.json({ a: 1 }, { status: 201 });
    });
    assert.deepEqual(await (await call()).json(), { a: 1 });
    assert.equal(rootOf(await traces.row()).output, '[Response 201, application/json]');
  });
});
