import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type LocalServerOptions, startLocalServer } from '@openlayer-tracing/local';
import { startServer } from '../src/server/server.ts';
import { openDatabase } from '../src/storage/database.ts';
import { Store } from '../src/storage/store.ts';
import { call, fixture, PIPELINE, requestOf, send } from './client.js';

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

  it('leaves nothing open if a part of it cannot be started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-local-'));
    const file = join(folder, 'traces.db');
    try {
      await (await startLocalServer({ file })).close();
      const db = openDatabase(file, 1024 ** 2);
      db.exec('DROP TABLE otlp_bodies; CREATE TABLE otlp_bodies (starts)');
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
