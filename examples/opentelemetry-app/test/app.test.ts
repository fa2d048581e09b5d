import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireRow } from '@openlayer-tracing/express';
import { renderTrace } from '@openlayer-tracing/local';
import { type RunningApp, runApp } from './running-app.js';

const QUESTION = 'Which hut has a stove?';

function tree(row: WireRow | undefined): string {
  assert.ok(row);
  return renderTrace(row, { timings: false });
}

const FINE: RequestListener = (_req, res) => res.end('Snow falls above 1,800 metres today.');

describe('the app with OpenTelemetry', function () {
  // The database in the app's process starts slowly.
  this.timeout(60_000);
  let app: RunningApp;
  let respondWithWeather = FINE;
  const weather = createServer((req, res) => respondWithWeather(req, res));
  before(async () => {
    await once(weather.listen(0, '127.0.0.1'), 'listening');
    const { port } = weather.address() as AddressInfo;
    app = await runApp({ env: { WEATHER_URL: `http://127.0.0.1:${port}` } });
  });
  after(async () => {
    await app[Symbol.asyncDispose]();
    weather.closeAllConnections();
    weather.close();
  });
  afterEach(() => {
    respondWithWeather = FINE;
    assert.deepEqual(app.traces.problems, []);
    assert.deepEqual(app.backend.problems, []);
  });

  /** The row of a request. Waits until it has arrived. */
  async function rowOf(inferenceId: string, server = app.traces): Promise<WireRow> {
    for (let count = 1; ; count++) {
      await server.waitForRows(count);
      const row = server.row(inferenceId);
      if (row !== undefined) return row;
    }
  }

  it('has the spans of the database and of its HTTP client as steps', async () => {
    assert.equal((await app.ask('stove', QUESTION)).status, 200);
    const row = await rowOf('stove');
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
    const [query] = row.steps[0]?.steps ?? [];
    assert.match(JSON.stringify(query?.inputs), /SELECT title, text FROM huts/);
  });

  it('sends the same trace to a backend of OpenTelemetry', async () => {
    await app.ask('sent-twice', QUESTION);
    const row = await rowOf('sent-twice');
    const exported = await rowOf('sent-twice', app.backend);
    assert.equal(
      tree(exported),
      `
sent-twice  completed  200
└─ POST /ask [user_call]  → {"answer":"Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “H…
   ├─ pg.query:SELECT postgres [function_call]
   ├─ GET [function_call]  → {"status":200}
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  116+34 tokens  → "Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “Heron Hut h…
`.trim(),
    );
    assert.equal(exported.trace_id, row.trace_id);
  });

  it('keeps visitors apart that wait for the only connection', async () => {
    const visitors = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
    const asked = await Promise.all(visitors.map((id) => app.ask(id, `${QUESTION} ${id}`)));
    assert.ok(asked.every(({ status }) => status === 200));
    const rows = await Promise.all(visitors.map((id) => rowOf(id)));
    for (const row of rows) {
      const names = row.steps[0]?.steps.map(({ name }) => name);
      assert.deepEqual(names, ['pg.query:SELECT postgres', 'GET', 'OpenAI Chat Completion']);
    }
    assert.equal(new Set(rows.map((row) => row.trace_id)).size, visitors.length);
  });

  it('sends its trace id to the weather service, and its own span as the parent', async () => {
    let traceparent: string | string[] | undefined;
    respondWithWeather = (req, res) => {
      traceparent = req.headers.traceparent;
      res.end('Fog.');
    };
    await app.ask('fog', QUESTION);
    const row = await rowOf('fog');
    const [, get] = row.steps[0]?.steps ?? [];
    const ids = get?.metadata?.otel as unknown as { trace_id: string; span_id: string };
    assert.equal(ids.trace_id, row.trace_id);
    assert.equal(traceparent, `00-${ids.trace_id}-${ids.span_id}-01`);
  });

  it('shows what failed', async () => {
    respondWithWeather = (_req, res) => res.writeHead(503).end();
    assert.equal((await app.ask('failed', QUESTION)).status, 500);
    assert.equal(
      tree(await rowOf('failed')),
      `
failed  error  500
└─ POST /ask [user_call]  ✗ the weather service responded with 503  → {"error":"something went wrong here"}
   ├─ pg.query:SELECT postgres [function_call]
   └─ GET [function_call]  ✗ HTTP 503  → {"status":503}
`.trim(),
    );
  });

  it('ends open steps when the client leaves', async () => {
    const client = new AbortController();
    respondWithWeather = () => client.abort();
    await assert.rejects(app.ask('gone', QUESTION, client.signal), { name: 'AbortError' });
    assert.equal(
      tree(await rowOf('gone')),
      `
gone  aborted
└─ POST /ask [user_call]
   ├─ pg.query:SELECT postgres [function_call]
   └─ GET [function_call]
`.trim(),
    );
  });

  it('ends cleanly on Ctrl-C, and writes nothing to stderr', async () => {
    await app.end();
  });
});
