import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireRow } from '@openlayer-tracing/express';
import { renderTrace } from '@openlayer-tracing/local';
import { type RunningApp, runApp } from './running-app.js';

const QUESTION = 'Which hut has a stove?';

/** A weather service of the test's own. */
async function weatherOf(handler: RequestListener) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function tree(row: WireRow | undefined): string {
  assert.ok(row);
  return renderTrace(row, { timings: false });
}

describe('the app with OpenTelemetry', function () {
  this.timeout(30_000);

  describe('with a weather service', () => {
    let app: RunningApp;
    before(async () => {
      app = await runApp();
    });
    after(async () => {
      await app.end();
      assert.deepEqual(app.traces.problems, []);
      assert.deepEqual(app.backend.problems, []);
      await app[Symbol.asyncDispose]();
    });

    it('has the spans of the database and of its HTTP client as steps', async () => {
      assert.equal((await app.ask('stove', QUESTION)).status, 200);
      const [row] = await app.traces.waitForRows(1);
      assert.equal(
        tree(row),
        `
stove  completed  200
└─ POST /ask [user_call]  → {"answer":"Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “H…
   ├─ pg.query:SELECT postgres [function_call]
   ├─ GET [function_call]  → {"status":200}
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  116+34 tokens  → "Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “Heron Hut h…
`.trim(),
      );
      const [query] = row?.steps[0]?.steps ?? [];
      assert.match(JSON.stringify(query?.inputs), /SELECT title, text FROM huts/);
    });

    it('sends the same trace to a backend of OpenTelemetry', async () => {
      const [exported] = await app.backend.waitForRows(1);
      assert.equal(
        tree(exported),
        `
stove  200
└─ POST /ask [user_call]  → {"answer":"Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “H…
   ├─ pg.query:SELECT postgres [function_call]
   ├─ GET [function_call]  → {"status":200}
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  116+34 tokens  → "Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “Heron Hut h…
`.trim(),
      );
      assert.equal(exported?.trace_id, app.traces.row('stove')?.trace_id);
    });

    it('keeps visitors apart who wait for the only connection', async () => {
      const visitors = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
      const asked = await Promise.all(visitors.map((id) => app.ask(id, `${QUESTION} ${id}`)));
      assert.ok(asked.every(({ status }) => status === 200));
      await app.traces.waitForRows(1 + visitors.length);
      const rows = visitors.map((id) => app.traces.row(id));
      for (const row of rows) {
        const names = row?.steps[0]?.steps.map(({ name }) => name);
        assert.deepEqual(names, ['pg.query:SELECT postgres', 'GET', 'OpenAI Chat Completion']);
      }
      assert.equal(new Set(rows.map((row) => row?.trace_id)).size, visitors.length);
    });
  });

  it('sends its trace id to the weather service, and its own span as the parent', async () => {
    let traceparent: string | undefined;
    await using weather = await weatherOf((req, res) => {
      traceparent = req.headers.traceparent as string;
      res.end('Fog.');
    });
    await using app = await runApp({ env: { WEATHER_URL: weather.url } });
    await app.ask('fog', QUESTION);
    const [row] = await app.traces.waitForRows(1);
    const [, get] = row?.steps[0]?.steps ?? [];
    const ids = get?.metadata?.otel as unknown as { trace_id: string; span_id: string };
    assert.equal(ids.trace_id, row?.trace_id);
    assert.equal(traceparent, `00-${ids.trace_id}-${ids.span_id}-01`);
    await app.end();
  });

  it('shows what failed', async () => {
    await using weather = await weatherOf((_req, res) => res.writeHead(503).end());
    await using app = await runApp({ env: { WEATHER_URL: weather.url } });
    assert.equal((await app.ask('failed', QUESTION)).status, 500);
    const [row] = await app.traces.waitForRows(1);
    assert.equal(
      tree(row),
      `
failed  error  500
└─ POST /ask [user_call]  ✗ the weather service responded with 503  → {"error":"something went wrong here"}
   ├─ pg.query:SELECT postgres [function_call]
   └─ GET [function_call]  ✗ HTTP 503  → {"status":503}
`.trim(),
    );
    await app.end();
  });

  it('ends what is under way when the client leaves', async () => {
    const client = new AbortController();
    await using weather = await weatherOf(() => client.abort());
    await using app = await runApp({ env: { WEATHER_URL: weather.url } });
    await assert.rejects(app.ask('gone', QUESTION, client.signal), { name: 'AbortError' });
    const [row] = await app.traces.waitForRows(1);
    assert.equal(
      tree(row),
      `
gone  aborted
└─ POST /ask [user_call]
   ├─ pg.query:SELECT postgres [function_call]
   └─ GET [function_call]
`.trim(),
    );
    await app.end();
  });
});
