import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { postJson } from '../harness/clients.ts';
import type { App, Framework, Mount } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { stageOf } from '../harness/stage.ts';

export function inputs(framework: Framework): void {
  const orders: readonly (readonly [string, readonly Mount[]])[] = [
    ['before the body parser', ['tracing', 'json', 'urlencoded']],
    ['after the body parser', ['json', 'urlencoded', 'tracing']],
  ];
  for (const [where, mounts] of orders) {
    describe(`inputs with the middleware mounted ${where}`, () => {
      it('are the body, the query and the parameters as the client sent them', async () => {
        await using stage = await stageOf(framework, { define: echo, mounts });
        const sent = { question: 'Warum?', tags: ['a', 'b'], deep: { n: 1.5, no: null } };
        await (await postJson(`${stage.url}/chats/42?loud=yes`, sent)).text();
        const row = await stage.only();
        assert.deepEqual(
          { body: row.body, query: row.query, params: row.params },
          { body: sent, query: { loud: 'yes' }, params: { id: '42' } },
        );
        assert.deepEqual(row.steps[0]?.inputs, {
          body: sent,
          query: { loud: 'yes' },
          params: { id: '42' },
        });
        const { inputVariableNames } = stage.collector.server.batches[0]?.config ?? {};
        assert.deepEqual(inputVariableNames, ['body', 'query', 'params']);
      });

      it('stay what the client sent where the handler changes what it was given', async () => {
        await using stage = await stageOf(framework, {
          mounts,
          define: (app) =>
            app.route('POST', '/chats/:id', async (call) => {
              const body = (await call.body()) as { question: string; history: unknown[] };
              body.question = 'changed';
              body.history.length = 0;
              await pause(1);
              Object.assign(body, { added: true });
              return { json: body };
            }),
        });
        const sent = { question: 'Why?', history: [{ role: 'user' }] };
        await (await postJson(`${stage.url}/chats/1`, sent)).text();
        assert.deepEqual((await stage.only()).body, sent);
      });

      it('hold the fields of a form', async () => {
        await using stage = await stageOf(framework, { define: echo, mounts });
        const body = new URLSearchParams([
          ['question', 'Why & how?'],
          ['tag', 'a'],
          ['tag', 'b'],
        ]);
        await (await fetch(`${stage.url}/chats/1`, { method: 'POST', body })).text();
        assert.deepEqual((await stage.only()).body, { question: 'Why & how?', tag: ['a', 'b'] });
      });

      it('hold a body that came compressed', async () => {
        await using stage = await stageOf(framework, { define: echo, mounts });
        const response = await fetch(`${stage.url}/chats/1`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
          body: gzipSync('{"question":"Why?"}'),
        });
        assert.deepEqual(await response.json(), { question: 'Why?' });
        assert.deepEqual((await stage.only()).body, { question: 'Why?' });
      });

      it('are null where there is none', async () => {
        await using stage = await stageOf(framework, {
          mounts,
          define: (app) => app.route('GET', '/', () => ({ text: 'Hello!' })),
        });
        await (await fetch(stage.url)).text();
        const { body, query, params } = await stage.only();
        assert.deepEqual({ body, query, params }, { body: null, query: null, params: null });
      });
    });
  }

  describe('inputs', () => {
    it('hold what the client sent where the parser refuses it', async () => {
      await using stage = await stageOf(framework, { define: echo });
      const response = await fetch(`${stage.url}/chats/1`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"question": "Why',
      });
      assert.equal(response.status, 400);
      await response.text();
      assert.equal((await stage.only()).body, '{"question": "Why');
    });

    it('do without a body that the app does not read', async () => {
      await using stage = await stageOf(framework, { define: ignorant, mounts: ['tracing'] });
      const response = await postJson(`${stage.url}/`, { question: 'Why?' });
      assert.equal(await response.text(), 'whatever');
      // The server may throw it away before the trace ends; then it was seen.
      const { body } = await stage.only();
      if (body !== null) assert.deepEqual(body, { question: 'Why?' });
    });

    it('are cut visibly at the limit', async () => {
      await using stage = await stageOf(framework, {
        define: echo,
        options: { capture: { maxBytes: 30 } },
      });
      await (await postJson(`${stage.url}/chats/1`, { question: 'Why? '.repeat(20) })).text();
      assert.deepEqual((await stage.only()).body, {
        question: 'Why? Why? Why? … [cut: 85 more characters]',
      });
    });

    for (const mounts of [['tracing', 'json'] as const, ['json', 'tracing'] as const]) {
      for (const [what, init, body] of REQUESTS) {
        it(`are what the option input makes of ${what} at its end, mounted as ${mounts}`, async () => {
          await using stage = await stageOf(framework, {
            define: (app) => {
              for (const method of ['GET', 'POST'] as const) {
                app.route(method, '/chats/:id', () => ({ text: 'done' }));
              }
            },
            mounts,
            options: {
              input: (req) => ({ ...req.params, body: req.body, tenant: req.header('x-tenant') }),
            },
          });
          const headers = { 'x-tenant': 'library', ...init.headers };
          await (await fetch(`${stage.url}/chats/1`, { ...init, headers })).text();
          const row = await stage.only();
          // Of no body, parsers make an empty object, or nothing.
          const { body: parsed, ...inputs } = { ...(row.steps[0]?.inputs as object) } as InputRow;
          assert.deepEqual(inputs, { id: '1', tenant: 'library' });
          assert.deepEqual({ ...parsed }, body);
          assert.equal(row.tenant, 'library');
        });
      }
    }

    it('are what the handler says', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('POST', '/', (call) => {
            call.trace.update({
              input: { question: 'Why?' },
              question: 'Why?',
              context: ['Because'],
            });
            return { text: 'done' };
          }),
      });
      await (await postJson(stage.url, { ignored: true })).text();
      const row = await stage.only();
      assert.deepEqual(row.steps[0]?.inputs, { question: 'Why?' });
      assert.deepEqual([row.question, row._question, row.context], ['Why?', 'Why?', ['Because']]);
      assert.equal(row.body, undefined);
    });

    it('are not taken where capture.request is off', async () => {
      await using stage = await stageOf(framework, {
        define: echo,
        options: { capture: { request: false } },
      });
      await (await postJson(`${stage.url}/chats/1?q=1`, { a: 1 })).text();
      const row = await stage.only();
      assert.equal(row.steps[0]?.inputs, null);
      assert.deepEqual([row.body, row.query, row.params], [undefined, undefined, undefined]);
    });
  });
}

interface InputRow {
  readonly body?: object;
}

const REQUESTS: readonly (readonly [string, RequestInit, object])[] = [
  [
    'a request with a body',
    { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    { a: 1 },
  ],
  ['a request whose body is empty', { method: 'POST' }, {}],
  ['a request without a body', { method: 'GET' }, {}],
];

function echo(app: App): void {
  app.route('POST', '/chats/:id', async (call) => ({ json: await call.body() }));
}

function ignorant(app: App): void {
  app.route('POST', '/', () => ({ text: 'whatever' }));
}
