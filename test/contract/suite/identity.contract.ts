import assert from 'node:assert/strict';
import { play } from '../../support/raw-http.ts';
import { headerIn, rawGet, requestOf } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { stageOf } from '../harness/stage.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function identity(framework: Framework): void {
  describe('the inference ID', () => {
    for (const id of ['r', 'req-42', 'a'.repeat(128), 'A1._:=@+/-z', 'constructor']) {
      it(`is the request id ${id.slice(0, 20)}, which the answer carries back`, async () => {
        await using stage = await stageOf(framework, { define: showId });
        const answer = await rawGet(stage.port, '/', [`X-Request-Id: ${id}`]);
        assert.equal(headerIn(answer, 'x-request-id'), id);
        assert.match(answer, new RegExp(`"id":"${id.replace('+', '\\+')}"`));
        assert.equal((await stage.only()).inferenceId, id);
      });
    }

    for (const [what, lines] of hostileHeaders) {
      it(`is a fresh UUID for ${what}`, async () => {
        await using stage = await stageOf(framework, { define: showId });
        const answer = await rawGet(stage.port, '/', lines);
        assert.match(answer, /^HTTP\/1.1 200/);
        const { inferenceId } = await stage.only();
        assert.match(inferenceId, UUID);
        assert.equal(headerIn(answer, 'x-request-id'), inferenceId);
      });
    }

    it('is nobody’s concern for requests that HTTP itself refuses', async () => {
      await using stage = await stageOf(framework, { define: showId });
      let passed = 0;
      for (const id of ['a\0b', 'a\nb', 'a\rb', 'a\x1b[31m']) {
        const answer = await rawGet(stage.port, '/', [`X-Request-Id: ${id}`]);
        if (answer.startsWith('HTTP/1.1 400')) continue;
        // Not all servers of other runtimes refuse them.
        assert.equal(stage.server, undefined);
        assert.match(headerIn(answer, 'x-request-id') ?? '', UUID);
        passed++;
      }
      const answer = await rawGet(stage.port, '/', ['X-Request-Id: fine']);
      assert.equal(headerIn(answer, 'x-request-id'), 'fine');
      assert.equal((await stage.rows(passed + 1)).at(-1)?.inferenceId, 'fine');
    });

    it('is numbered where clients send one more than once', async () => {
      await using stage = await stageOf(framework, { define: showId });
      const long = 'x'.repeat(128);
      const seen: (string | undefined)[] = [];
      for (const id of [
        'again',
        'again',
        'other',
        'again',
        long,
        long,
        '__proto__',
        'constructor',
      ]) {
        seen.push(headerIn(await rawGet(stage.port, '/', [`X-Request-Id: ${id}`]), 'x-request-id'));
      }
      assert.deepEqual(seen.slice(0, 6), [
        'again',
        'again:2',
        'other',
        'again:3',
        long,
        `${long.slice(2)}:2`,
      ]);
      assert.equal(seen[7], 'constructor');
      const ids = (await stage.rows(8)).map(({ inferenceId }) => inferenceId);
      assert.deepEqual(new Set(ids), new Set(seen));
      assert.equal(new Set(ids).size, 8);
    });

    it('stays distinct where 1,000 requests at once have the same', async () => {
      await using stage = await stageOf(framework, { define: showId });
      const text = requestOf('GET /', ['X-Request-Id: retry']).toString();
      const last = requestOf('GET /', ['X-Request-Id: retry', 'Connection: close']).toString();
      await Promise.all(Array.from({ length: 20 }, () => play(stage.port, text.repeat(49) + last)));
      const rows = await stage.rows(1000);
      assert.equal(new Set(rows.map(({ inferenceId }) => inferenceId)).size, 1000);
    });

    it('is not carried back where echo is off', async () => {
      await using stage = await stageOf(framework, {
        define: showId,
        options: { inferenceId: { echo: false } },
      });
      const answer = await rawGet(stage.port, '/', ['X-Request-Id: mine']);
      assert.equal(headerIn(answer, 'x-request-id'), undefined);
      assert.equal((await stage.only()).inferenceId, 'mine');
    });

    it('is read from and carried back in the header that was named', async () => {
      await using stage = await stageOf(framework, {
        define: showId,
        options: { inferenceId: { header: 'X-Correlation-ID' } },
      });
      const lines = ['X-Correlation-Id: mine', 'X-Request-Id: another'];
      const answer = await rawGet(stage.port, '/', lines);
      assert.equal(headerIn(answer, 'x-correlation-id'), 'mine');
      assert.equal(headerIn(answer, 'x-request-id'), undefined);
      assert.equal((await stage.only()).inferenceId, 'mine');
    });

    it('is what the option from says, and from the header where that says nothing valid', async () => {
      await using stage = await stageOf(framework, {
        define: showId,
        options: { inferenceId: { from: ({ header }) => header('x-job') } },
      });
      await rawGet(stage.port, '/', ['X-Job: job-1', 'X-Request-Id: r-1']);
      await rawGet(stage.port, '/', ['X-Job: no job', 'X-Request-Id: r-2']);
      await rawGet(stage.port, '/', ['X-Request-Id: r-3']);
      const ids = (await stage.rows(3)).map(({ inferenceId }) => inferenceId);
      assert.deepEqual(ids.sort(), ['job-1', 'r-2', 'r-3']);
    });

    it('is a fresh UUID where clients are not trusted', async () => {
      await using stage = await stageOf(framework, {
        define: showId,
        options: { inferenceId: { trust: false } },
      });
      const answer = await rawGet(stage.port, '/', ['X-Request-Id: of-another-tenant']);
      const { inferenceId } = await stage.only();
      assert.match(inferenceId, UUID);
      assert.equal(headerIn(answer, 'x-request-id'), inferenceId);
    });

    it('is taken from those clients alone that the option trust names', async () => {
      await using stage = await stageOf(framework, {
        define: showId,
        options: { inferenceId: { trust: ({ header }) => header('x-proxy') === 'ours' } },
      });
      await rawGet(stage.port, '/', ['X-Proxy: ours', 'X-Request-Id: inside']);
      await rawGet(stage.port, '/', ['X-Proxy: theirs', 'X-Request-Id: outside']);
      const ids = (await stage.rows(2)).map(({ inferenceId }) => inferenceId);
      assert.equal(ids.includes('inside'), true);
      assert.equal(ids.includes('outside'), false);
    });

    it('leaves a header alone that the app sets itself', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', () => ({ text: 'ok', headers: { 'X-Request-Id': 'of-the-app' } })),
      });
      const answer = await rawGet(stage.port, '/', ['X-Request-Id: mine']);
      assert.equal(headerIn(answer, 'x-request-id'), 'of-the-app');
      assert.equal((await stage.only()).inferenceId, 'mine');
    });

    it('is what the handler updates it to, where that is valid', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/:id', (call) => {
            call.trace.update({ inferenceId: call.params.id });
            call.trace.update({ inferenceId: 'not valid' });
            return { json: { id: call.trace.inferenceId } };
          }),
        diagnostics: ['bad_input'],
      });
      const answer = await rawGet(stage.port, '/chosen', ['X-Request-Id: mine']);
      assert.match(answer, /"id":"chosen"/);
      assert.equal(headerIn(answer, 'x-request-id'), 'chosen');
      assert.equal((await stage.only()).inferenceId, 'chosen');
    });
  });
}

function showId(app: App): void {
  app.route('GET', '/', (call) => ({ json: { id: call.trace.inferenceId } }));
}

const hostileHeaders: readonly (readonly [string, readonly string[]])[] = [
  ['a request without one', []],
  ['two headers', ['X-Request-Id: a', 'X-Request-Id: b']],
  ['the same header twice', ['X-Request-Id: a', 'x-request-id: a']],
  ['an empty header', ['X-Request-Id:']],
  ['a header of spaces', ['X-Request-Id:    ']],
  ['a space inside', ['X-Request-Id: a b']],
  ['a tab inside', ['X-Request-Id: a\tb']],
  ['Latin-1 bytes', ['X-Request-Id: caf\xe9']],
  ['UTF-8 bytes', ['X-Request-Id: \xf0\x9f\x8e\x89']],
  ['129 characters', [`X-Request-Id: ${'a'.repeat(129)}`]],
  ['15 KB', [`X-Request-Id: ${'a'.repeat(15_000)}`]],
  ['markup', ['X-Request-Id: <img src=x onerror=alert(1)>']],
  ['a path out of here', ['X-Request-Id: ../../etc/passwd']],
  ['the name of a prototype', ['X-Request-Id: __proto__']],
  ['a format string', ['X-Request-Id: %n%s']],
  ['a list', ['X-Request-Id: a,b']],
  ['JSON', ['X-Request-Id: {"id":1}']],
];
