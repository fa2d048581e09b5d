/** The HTTP request of a trace, as a command for a shell and as a test: what a server receives of them. */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import express from 'express';
import { curlOf } from '../src/trace/head/curl.ts';
import { testOf } from '../src/trace/head/generated-test.ts';

type Detail = Parameters<typeof curlOf>[0];
type Root = Parameters<typeof curlOf>[1];

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly headers?: object;
}

// Only what the request is made of is here.
function traceOf({ method = 'POST', path = '/x', query = null, body = null, headers }: Asked) {
  const trace = { name: `${method} ${path}`, method, route: null, status: 200, marks: [] };
  const metadata = { http: { path }, ...(headers && { headers }) };
  const detail = { trace, metadata, steps: [], totalSteps: 0 };
  const root = { inputs: { query, body }, metadata: {} };
  return [detail as unknown as Detail, root as unknown as Root] as const;
}

/** The bodies that the generated test would send, as the arguments of `fetch`. */
function fetchedOf(asked: Asked): { path: string; init: RequestInit } {
  const text = testOf(...traceOf(asked));
  const [, path = '', init = ''] =
    /fetch\(`http:\/\/127\.0\.0\.1:\$\{server\.address\(\)\.port\}\$\{(.*)\}`, (\{\n[\s\S]*?\n {4}\})\);/.exec(
      text,
    ) ?? [];
  return new Function(`return { path: ${path}, init: ${init} }`)();
}

describe('a copied request', () => {
  const app = express();
  let received: { method: string; path: string; query: unknown; type: string; body: unknown };
  app.set('query parser', 'extended');
  app.use(express.text({ type: 'text/*' }), express.json(), express.urlencoded());
  app.all('/{*path}', (req, res) => {
    const { method, path, query, body } = req;
    received = { method, path: decodeURI(path), query, type: req.get('content-type') ?? '', body };
    res.end(method === 'HEAD' ? undefined : 'ok');
  });
  const server = createServer(app);
  before(() => new Promise<void>((resolve) => server.listen(0, resolve)));
  after(() => server.close());
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  for (const [title, asked, expected] of [
    [
      'a nested query',
      { query: { filter: { status: 'open', tags: ['a', 'b'] }, one: ['x'], q: 'a b&c', e: '' } },
      { query: { filter: { status: 'open', tags: ['a', 'b'] }, one: ['x'], q: 'a b&c', e: '' } },
    ],
    [
      'a list of objects',
      { query: { a: [{ b: '1' }, { b: '2' }] } },
      { query: { a: [{ b: '1' }, { b: '2' }] } },
    ],
    ['a query with null', { query: { a: null } }, { query: { a: '' } }],
    ['brackets in the path', { method: 'GET', path: '/a[1]{b,c}' }, { path: '/a[1]{b,c}' }],
    ['a HEAD request', { method: 'HEAD', body: { a: 1 } }, { method: 'HEAD', body: undefined }],
    ['a GET request whose parsed body is empty', { method: 'GET', body: {} }, { body: undefined }],
    [
      'a form',
      { body: { a: 'x y', b: ['1', '2'] }, headers: form },
      { body: { a: 'x y', b: ['1', '2'] }, type: form['content-type'] },
    ],
    ['a JSON body', { body: { a: "it's", b: [1, null] } }, { body: { a: "it's", b: [1, null] } }],
    ['a text', { body: "it's" }, { body: "it's" }],
    [
      'keys that mean something in JavaScript',
      { body: JSON.parse('{"__proto__":{"a":1}}') },
      { body: JSON.parse('{"__proto__":{"a":1}}') },
    ],
  ] as const) {
    it(`is sent again with ${title}`, async () => {
      const check = (how: string) => {
        const got = JSON.parse(JSON.stringify(received)) as typeof received;
        for (const [name, value] of Object.entries(expected)) {
          assert.deepEqual(
            got[name as keyof typeof got],
            JSON.parse(JSON.stringify({ value })).value,
            `${name} by ${how}`,
          );
        }
      };
      const curl = curlOf(...traceOf(asked));
      const env = { ...process.env, APP_URL: origin() };
      await promisify(execFile)('sh', ['-c', curl.replace('curl ', 'curl -sS --max-time 5 ')], {
        env,
      });
      check('curl');
      const { path, init } = fetchedOf(asked);
      await (await fetch(`${origin()}${path}`, init)).arrayBuffer();
      check('fetch');
    });
  }

  it('says what was not recorded of a form with files', () => {
    for (const asked of [
      { body: '[multipart body]' },
      { body: { title: 'x' }, headers: { 'content-type': 'multipart/form-data; boundary=x' } },
    ]) {
      const trace = traceOf(asked);
      assert.match(curlOf(...trace), /^# The body was a form with parts/);
      assert.doesNotMatch(curlOf(...trace), /data-raw/);
      assert.match(testOf(...trace), /^\/\/ The body was a form with parts/);
    }
  });

  it('says where an integer is text that may have been a number', () => {
    const remarkOn = (body: unknown) =>
      /^# Integers above 2\^53/.test(curlOf(...traceOf({ body })));
    for (const body of [
      { id: '1234567890123456789' },
      { ids: ['-1234567890123456789', 1] },
      [{ a: '9007199254740993' }],
    ]) {
      assert.ok(remarkOn(body), JSON.stringify(body));
    }
    for (const body of [
      { id: 1234, text: 'the id "1234567890123456789", see' },
      { id: '1234' },
      { '1234567890123456789': 1 },
      { id: '0123456789012345678' },
    ]) {
      assert.ok(!remarkOn(body), JSON.stringify(body));
    }
  });

  it('has JSON that was cut as the text that it is', () => {
    const headers = { 'content-type': 'application/json' };
    const { init } = fetchedOf({ body: '{"a":', headers });
    assert.equal(init.body, '{"a":');
    assert.deepEqual(init.headers, headers);
  });

  it('may have a body of any depth', () => {
    let body: unknown = 'bottom';
    for (let level = 0; level < 20_000; level++) body = [body];
    const [detail, root] = traceOf({ body });
    const text = `${'['.repeat(20_000)}"bottom"${']'.repeat(20_000)}`;
    assert.ok(curlOf(detail, root).includes(`--data-raw '${text}'`));
    assert.equal(fetchedOf({ body }).init.body, text);
    const syntax = spawnSync('sh', ['-n'], { input: curlOf(detail, root) });
    assert.equal(syntax.status, 0);
  });
});
