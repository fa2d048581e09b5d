import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type LocalServerOptions, startLocalServer } from '@openlayer-tracing/local';
import type { Health, TracePage } from '../src/page-api.ts';
import { startServer } from '../src/server/server.ts';
import { openDatabase } from '../src/storage/database.ts';
import { Store } from '../src/storage/store.ts';
import { call, fixture, PIPELINE, requestOf, send } from './client.js';
import { spanFields, requestOf as spans } from './otlp/spans.js';
import { got } from './page/read.js';

describe('startLocalServer', () => {
  it('listens on a free port, and returns its URL', async () => {
    await using one = await startLocalServer();
    await using other = await startLocalServer();
    assert.notEqual(one.port, other.port);
    assert.equal(one.url, `http://127.0.0.1:${one.port}/v1`);
  });

  it('listens on the given port, or rejects with the reason if it is taken', async () => {
    const first = await startLocalServer();
    const { port } = first;
    await assert.rejects(startLocalServer({ port }), /127\.0\.0\.1:\d+: the port is taken/);
    await first.close();
    await using second = await startLocalServer({ port });
    assert.equal(second.port, port);
  });

  for (const [options, reason] of [
    [{ host: '0.0.0.0' }, /host must be '127.0.0.1', not "0.0.0.0"/],
    [{ host: '' }, /host must be/],
    [{ host: '::' }, /host must be/],
    [{ port: -1 }, /port must be an integer from 0/],
    [{ port: 65_536 }, /port must be/],
    [{ port: Number.NaN }, /port must be/],
    [{ file: '' }, /file must be/],
    [{ apiKey: '' }, /apiKey must not be empty/],
    [{ checks: 'none' }, /checks must be 'strict' or 'lenient'/],
    [{ maxBodyBytes: 0 }, /maxBodyBytes must be/],
    [{ editor: 'ed' }, /editor must be one of vscode, /],
    [{ maxConnections: 0 }, /maxConnections must be/],
  ] as const) {
    it(`rejects ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startLocalServer(options as LocalServerOptions), reason);
    });
  }

  const wrong: Readonly<Record<keyof LocalServerOptions, readonly unknown[]>> = {
    port: ['80', 1.5, {}, []],
    host: [5, {}, 'localhost', '127.0.0.1:80'],
    allowedHosts: ['traces', 5, { 0: 'traces' }, [5], [''], ['*'], [['traces']], ['Traces']],
    file: [5, {}, []],
    apiKey: [5, 'my key', 'k\u00e9y', 'a\nb', ' key'],
    checks: [5, true, 'Strict'],
    maxBodyBytes: ['5', 1.5, Number.POSITIVE_INFINITY],
    otlpQuietMs: ['5', 0, 1.5, Number.POSITIVE_INFINITY],
    maxAgeMs: ['5', 0, 1.5, Number.POSITIVE_INFINITY],
    maxBytes: ['5', 0, Number.NaN],
    maxConnections: ['5', 1.5],
    editor: [5, {}],
    intercept: [5, true, 'f', {}],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`rejects wrong values of ${name}`, async () => {
      for (const value of values) {
        const options = { [name]: value } as LocalServerOptions;
        await assert.rejects(
          () => startLocalServer(options),
          (error: Error) => error instanceof TypeError && error.message.startsWith(`${name} must `),
          String(value),
        );
      }
    });
  }

  it('rejects options that are no object', async () => {
    for (const options of [null, 'x', 5, []]) {
      const start = () => startLocalServer(options as LocalServerOptions);
      await assert.rejects(start, /options must be an object/);
    }
  });

  it('leaves nothing open if a part of it cannot be started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-local-'));
    const file = join(folder, 'traces.db');
    try {
      await (await startLocalServer({ file })).close();
      const db = openDatabase(file, 1024 ** 2);
      db.exec('DROP TABLE otlp_bodies; CREATE TABLE otlp_bodies (starts, body)');
      db.close();
      const closed = mock.method(Store.prototype, 'close');
      await assert.rejects(startServer({ file }), /pipeline/);
      assert.equal(closed.mock.callCount(), 1);
    } finally {
      mock.restoreAll();
      rmSync(folder, { recursive: true });
    }
  });

  it('rejects with the name of a file that it cannot open', async () => {
    await assert.rejects(
      startLocalServer({ file: tmpdir() }),
      /cannot open \/.* as a trace database/,
    );
  });
});

describe('a running server', () => {
  it('returns copies of rows', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('a'));
    Object.assign(server.rows()[0] ?? {}, { latency: -1 });
    assert.equal(server.row('a')?.latency, 42);
  });

  it('waits for rows', async () => {
    await using server = await startLocalServer();
    const two = server.waitForRows(2);
    await send(server, requestOf('a'));
    await send(server, requestOf('b'));
    assert.deepEqual(
      (await two).map((row) => row.inferenceId),
      ['a', 'b'],
    );
    assert.equal((await server.waitForRows(1)).length, 2);
    await assert.rejects(
      server.waitForRows(3, { timeoutMs: 20 }),
      /waited 20 ms: 2 of 3 rows have arrived/,
    );
  });

  it('waits for the rows of one pipeline', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('a'), 'other');
    const one = server.waitForRows(1, { pipelineId: 'mine' });
    await send(server, requestOf('b'), 'other');
    await send(server, requestOf('c'), 'mine');
    assert.deepEqual(
      (await one).map((row) => row.inferenceId),
      ['c'],
    );
    await assert.rejects(
      server.waitForRows(2, { pipelineId: 'mine', timeoutMs: 5 }),
      /1 of 2 rows of pipeline mine have arrived/,
    );
  });

  it('rejects wrong arguments of waitForRows() at once', async () => {
    await using server = await startLocalServer();
    const wait = server.waitForRows as (...args: unknown[]) => Promise<unknown>;
    for (const args of [
      ...[-1, 1.5, Number.NaN, '1', undefined].map((n) => [n]),
      ...[Number.POSITIVE_INFINITY, 2 ** 31, Number.NaN, -1, '5'].map((timeoutMs) => [
        1,
        { timeoutMs },
      ]),
      ...[5, {}].map((pipelineId) => [1, { pipelineId }]),
      ...[{ timeout: 100 }, { pipeline: 'p' }, null, 100, 'p'].map((options) => [1, options]),
    ]) {
      await assert.rejects(wait(...args), TypeError, JSON.stringify(args));
    }
  });

  for (const where of ['memory', 'a file'] as const) {
    it(`forgets everything when a test clears it, over ${where}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'openlayer-local-'));
      const file = where === 'memory' ? ':memory:' : join(folder, 'traces.db');
      const server = await startLocalServer({ file, checks: 'lenient', otlpQuietMs: 1000 });
      try {
        for (const round of [1, 2]) {
          server.clear();
          assert.equal((await got<TracePage>(server, 'traces')).total, 0);
          for (const id of ['a', 'b', 'a']) await send(server, requestOf(id));
          await send(server, {});
          const open = await fetch(`${server.url}/traces`, {
            method: 'POST',
            headers: { authorization: 'Bearer k', 'content-type': 'application/x-protobuf' },
            body: spans(spanFields()),
          });
          assert.equal(open.status, 200);
          assert.equal((await got<TracePage>(server, 'traces')).total, 3, `round ${round}`);
          assert.deepEqual([server.rows().length, server.batches.length], [3, 3]);
          assert.equal(server.problems.length, 1);
          server.clear();
          assert.deepEqual([server.rows(), server.batches, server.problems], [[], [], []]);
          assert.equal(server.row('a'), undefined);
          for (const path of ['traces', 'traces?q=a']) {
            assert.equal((await got<TracePage>(server, path)).total, 0);
          }
          await assert.rejects(server.waitForRows(1, { timeoutMs: 1500 }), /0 of 1 rows/);
          await send(server, requestOf('c'));
          const [row] = await server.waitForRows(1);
          assert.equal(row?.inferenceId, 'c');
        }
        await server.close();
        if (where === 'memory') return;
        await using again = await startLocalServer({ file });
        assert.equal((await again.waitForRows(1)).length, 1);
        assert.equal((await got<Health>(again, 'health')).storage.traces, 1);
      } finally {
        await server.close();
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('rejects waitForRows() when it closes', async () => {
    const server = await startLocalServer();
    const waiting = assert.rejects(server.waitForRows(1), /the server was closed: 0 of 1 rows/);
    await server.close();
    await server.close();
    await waiting;
  });

  it('calls listeners for rows and problems until they are removed', async () => {
    await using server = await startLocalServer();
    const seen: string[] = [];
    const leave = server.on('row', (row, pipelineId) =>
      seen.push(`${pipelineId} ${row.inferenceId}`),
    );
    server.on('problem', (problem) => seen.push(problem));
    await send(server, requestOf('a'), 'p');
    await send(server, 'no', 'p');
    leave();
    await send(server, requestOf('b'), 'p');
    assert.deepEqual(seen, [
      'p a',
      'POST /v1/inference-pipelines/p/data-stream: 400 the body is not valid JSON (2 bytes)',
    ]);
  });

  it('responds as usual if a listener throws', async () => {
    await using server = await startLocalServer();
    server.on('row', () => {
      throw new Error('mine');
    });
    assert.equal((await send(server, requestOf('a'))).status, 200);
    assert.deepEqual(server.problems, ["a listener of 'row' threw: Error: mine"]);
  });

  it('keeps the first thousand problems and counts the rest', async () => {
    await using server = await startLocalServer();
    for (let n = 0; n < 1003; n += 1) await send(server, '');
    assert.equal(server.problems.length, 1001);
    assert.equal(server.problems.at(-1), '... and 3 more');
  });

  it('lets a test intercept requests', async () => {
    let attempts = 0;
    await using server = await startLocalServer({
      intercept(request, response, body) {
        attempts += 1;
        assert.equal(request.method, 'POST');
        assert.deepEqual(JSON.parse(body.toString()), requestOf('a'));
        if (attempts > 1) return false;
        response.writeHead(503, { 'retry-after': '0' }).end('{"error":"later"}');
        return true;
      },
    });
    assert.deepEqual((await send(server, requestOf('a'))).body, { error: 'later' });
    assert.deepEqual(server.rows(), []);
    assert.equal((await send(server, requestOf('a'))).status, 200);
    assert.equal(server.rows().length, 1);
    assert.deepEqual(server.problems, []);
  });

  it('sends the response to a request whose row a caller waited for, before it closes', async () => {
    for (let i = 0; i < 10; i++) {
      const server = await startLocalServer();
      const sent = send(server, fixture('valid/01-simple-trace.json'));
      await server.waitForRows(1);
      await server.close();
      assert.equal((await sent).status, 200);
    }
  });

  it('closes while an intercepted request hangs', async () => {
    const server = await startLocalServer({ intercept: () => new Promise(() => {}) });
    const hanging = assert.rejects(send(server, requestOf('a')), /fetch failed/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.close();
    await hanging;
  });

  it('reports an intercept that throws', async () => {
    await using server = await startLocalServer({
      intercept: () => Promise.reject(new Error('bad test')),
    });
    assert.equal((await send(server, requestOf('a'))).status, 500);
    assert.match(server.problems[0] ?? '', /500 bad test/);
  });
});

describe('rows in a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-local-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('outlive the server', async () => {
    const file = join(folder, 'made', 'on the way', 'traces.db');
    const first = await startLocalServer({ file });
    await send(first, fixture('valid/08-two-rows.json'));
    await send(first, requestOf('updated'));
    const path = `/inference-pipelines/${PIPELINE}/rows?inferenceId=updated`;
    await call(first, 'PUT', path, { row: { human_feedback: 'up' } });
    const [rows, batches] = [first.rows(), first.batches];
    await first.close();

    await using second = await startLocalServer({ file });
    assert.deepEqual(second.rows(), rows);
    assert.deepEqual(second.batches, batches);
    assert.equal(second.row('updated')?.human_feedback, 'up');
    assert.equal((await second.waitForRows(3)).length, 3);
    await send(second, requestOf('later'));
    assert.equal(second.rows().at(-1)?.inferenceId, 'later');
  });

  it('can be read by their owner only', async () => {
    const file = join(folder, 'traces.db');
    await using server = await startLocalServer({ file });
    await send(server, requestOf('a'));
    for (const suffix of ['', '-wal']) assert.equal(statSync(file + suffix).mode & 0o777, 0o600);
  });
});
