import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import type { ServerInfo, StepContent, TraceDetail, TracePage } from '../../src/page-api.ts';
import { fixture, PIPELINE, pageTokenOf, requestOf, send } from '../client.js';
import { got, lenientServer, read } from './read.js';

describe('the folder of the editor', () => {
  const start = process.cwd();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-viewer-'));
    process.chdir(folder);
  });
  afterEach(() => process.chdir(start));

  it('is that of the start, although it was removed since', async () => {
    const expected = process.cwd();
    process.chdir(folder); // Node.js forgets the directory that it has read
    await using server = await startLocalServer({ editor: 'vscode' });
    rmSync(folder, { recursive: true });
    const { editor } = await got<ServerInfo>(server, 'info');
    assert.deepEqual(editor, { name: 'vscode', folder: expected });
  });

  it('is missing if it was removed before the start', async () => {
    rmSync(folder, { recursive: true });
    await using server = await startLocalServer({ editor: 'vscode' });
    assert.equal((await got<ServerInfo>(server, 'info')).editor, null);
  });
});

for (const place of ['memory', 'a file'] as const) {
  describe(`the page's API, over ${place}`, () => {
    let folder: string;
    let server: LocalServer;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'openlayer-viewer-'));
      server = await lenientServer(place === 'memory' ? undefined : join(folder, 'traces.db'));
    });
    afterEach(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    it('describes the server in /api/info', async () => {
      await send(server, requestOf('a'));
      const info = await got<ServerInfo>(server, 'info');
      assert.equal(info.traces, 1);
      assert.deepEqual(info.pipelines, [{ id: PIPELINE, traces: 1 }]);
      assert.equal(info.baseUrl, server.url);
      assert.match(info.version, /^\d+\.\d+\.\d+/);
      assert.equal(info.editor, null);
      assert.equal(info.file, place === 'memory' ? null : join(folder, 'traces.db'));
    });

    it('compresses a list for a client that takes gzip, and nothing for others', async () => {
      for (let n = 0; n < 20; n += 1) await send(server, requestOf(`trace-${n}`));
      const headersFor = async (encoding: string) =>
        (
          await fetch(new URL('/api/traces', server.url), {
            headers: {
              authorization: `Bearer ${pageTokenOf(server)}`,
              'accept-encoding': encoding,
            },
          })
        ).headers;
      const compressed = await headersFor('gzip, deflate, br');
      const plain = await headersFor('identity');
      assert.equal(compressed.get('content-encoding'), 'gzip');
      assert.equal(compressed.get('content-type'), 'application/json');
      assert.equal(compressed.get('cache-control'), 'no-store');
      assert.equal(plain.get('content-encoding'), null);
      assert.equal((await headersFor('br, gzip;q=0')).get('content-encoding'), null);
      for (const headers of [compressed, plain]) {
        assert.equal(headers.get('vary'), 'accept-encoding');
      }
      const lengthOf = (headers: Headers) => Number(headers.get('content-length'));
      assert.ok(lengthOf(compressed) * 3 < lengthOf(plain));
    });

    it('lists traces as soon as they are stored', async () => {
      assert.deepEqual(await got<TracePage>(server, 'traces'), {
        traces: [],
        next: null,
        total: 0,
        isTotalExact: true,
        newest: 0,
      });
      await send(server, requestOf('a'));
      await send(server, requestOf('b'));
      const page = await got<TracePage>(server, 'traces');
      assert.deepEqual(
        page.traces.map((trace) => trace.inferenceId),
        ['b', 'a'],
      );
      assert.equal(page.newest, 2);
    });

    it('lists 50 traces in 50 KB, whatever they contain, and finds each by its question', async () => {
      const { config, rows } = requestOf('x');
      for (let n = 0; n < 50; n += 1) {
        const columns = { user_query: `question${n} ${'what '.repeat(50_000)}` };
        const row = {
          ...rows[0],
          ...columns,
          inferenceId: `${n}`,
          output: 'answer '.repeat(50_000),
        };
        await send(server, {
          config: { ...config, inputVariableNames: ['user_query'] },
          rows: [row],
        });
      }
      const { text, body } = await read<TracePage>(server, 'traces?limit=50');
      assert.equal(body.traces.length, 50);
      assert.ok(text.length < 50_000, `${text.length} bytes`);
      const found = await got<TracePage>(server, 'traces?q=question17');
      assert.deepEqual(
        found.traces.map(({ inferenceId }) => inferenceId),
        ['17'],
      );
    });

    it('returns a trace and its steps', async () => {
      await send(server, fixture('valid/02-rag-trace.json'));
      const detail = await got<TraceDetail>(server, 'traces/1');
      assert.equal(detail.trace.number, 1);
      assert.equal(detail.totalSteps, detail.steps.length);
      assert.equal(detail.steps[0]?.parent, -1);
      const [row] = server.rows();
      const content = await got<StepContent>(server, 'traces/1/steps/0');
      assert.deepEqual(content.inputs, row?.steps[0]?.inputs);
      assert.deepEqual(content.output, row?.steps[0]?.output);
      assert.deepEqual((await got<{ row: unknown }>(server, 'traces/1/row')).row, row);
    });

    it('responds with 404 for an unknown number', async () => {
      for (const path of ['traces/1', 'traces/1/steps/0', 'traces/1/row', 'traces/1/find?q=a']) {
        assert.equal((await read(server, path)).status, 404, path);
      }
      assert.equal((await read(server, 'nothing')).status, 404);
      assert.equal((await read(server, 'traces/x')).status, 400);
    });
  });
}
