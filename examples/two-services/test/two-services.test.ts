import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/express';
import { renderTrace } from '@openlayer-tracing/local';
import { LOCAL_BROKEN } from 'example-local-model';
import { type RunningServices, runServices } from './running-services.js';

const QUESTION = 'What does a bicycle cost?';
const ANSWER =
  'Fares: “A ticket to Gull Island costs 6 dollars.” Bicycles: “A bicycle needs a ticket of 2 dollars. There is room for twelve bicycles on each ferry.”';

interface OtelIds {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly links?: readonly { readonly trace_id: string }[];
}

function otelOf(row: WireRow | undefined): OtelIds {
  assert.ok(row);
  return row.metadata?.otel as unknown as OtelIds;
}

/** The printed trace, without the ids that differ each time. */
function tree(row: WireRow | undefined): string {
  assert.ok(row);
  const text = JSON.stringify(row).replaceAll(String(row.trace_id), '(trace id)');
  return renderTrace(JSON.parse(text), { timings: false });
}

describe('two services', () => {
  let services: RunningServices;
  beforeEach(async () => {
    services = await runServices();
  });
  afterEach(async () => {
    assert.deepEqual(services.traces.problems, []);
    await services[Symbol.asyncDispose]();
  });

  it('publish a row each, with one trace id', async () => {
    const response = await services.ask('bicycle', QUESTION);
    assert.deepEqual(await response.json(), { answer: ANSWER, sources: ['Bicycles', 'Fares'] });
    await services.traces.waitForRows(2);

    const [front, answers] = services.rowsOf('bicycle');
    assert.match(String(front?.trace_id), /^[0-9a-f]{32}$/);
    assert.equal(
      tree(front),
      `
bicycle  completed  200
└─ POST /ask [user_call]  → {"answer":"Fares: “A ticket to Gull Island costs 6 dollars.” Bicycles: “…
   └─ ask answers [function_call]  → {"answer":"Fares: “A ticket to Gull Island costs 6 dollars.” Bicycles: “…
`.trim(),
    );
    assert.equal(
      tree(answers),
      `
(uuid)  completed  200
└─ POST /answers [user_call]  → {"answer":"Fares: “A ticket to Gull Island costs 6 dollars.” Bicycles: “…
   ├─ find notices [retriever]  → [{"id":"bicycles","title":"Bicycles","text":"A bicycle needs a ticket of…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  95+39 tokens  → "Fares: “A ticket to Gull Island costs 6 dollars.” Bicycles: “A bicycle …
`.trim(),
    );
  });

  it('have the calling step as the parent of the second row', async () => {
    await services.ask('bicycle', QUESTION);
    await services.traces.waitForRows(2);
    const [front, answers] = services.rowsOf('bicycle');
    const call = services.sent.find(({ path }) => path === '/answers');
    assert.equal(call?.inference_id, 'bicycle');
    assert.equal(call?.trace_id, front?.trace_id);
    assert.equal(otelOf(answers).parent_span_id, call?.span_id);
    assert.notEqual(call?.span_id, otelOf(front).span_id, 'it is a step below the request');
    assert.equal(otelOf(front).parent_span_id, undefined);
  });

  it('keep concurrent visitors apart', async () => {
    const visitors = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
    const asked = await Promise.all(visitors.map((id) => services.ask(id, `${QUESTION} ${id}`)));
    assert.ok(asked.every(({ status }) => status === 200));
    await services.traces.waitForRows(2 * visitors.length);
    const pairs = visitors.map((id) => services.rowsOf(id));
    assert.equal(new Set(pairs.map(([front]) => front?.trace_id)).size, visitors.length);
    for (const [front, answers] of pairs) assert.equal(answers?._question, front?._question);
  });

  it('take no trace id from a client', async () => {
    const traceId = 'a'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` };
    await services.ask('forged', QUESTION, { headers });
    await services.traces.waitForRows(2);
    const [front, answers] = services.rowsOf('forged');
    assert.ok(answers, 'both rows share a trace id');
    assert.notEqual(front?.trace_id, traceId);
    assert.equal(otelOf(front).links?.[0]?.trace_id, traceId, 'the caller is a link');
  });

  it('both end when the client leaves', async () => {
    const client = new AbortController();
    const asked = services.ask('gone', QUESTION, { signal: client.signal });
    await services.whenSent('/chat/completions');
    client.abort();
    await assert.rejects(asked, { name: 'AbortError' });
    await services.traces.waitForRows(2);
    const [front, answers] = services.rowsOf('gone');
    assert.equal(
      tree(front),
      `
gone  aborted
└─ POST /ask [user_call]
   └─ ask answers [function_call]  ✗ This operation was aborted
`.trim(),
    );
    assert.equal(
      tree(answers),
      `
(uuid)  aborted
└─ POST /answers [user_call]
   ├─ find notices [retriever]  → [{"id":"bicycles","title":"Bicycles","text":"A bicycle needs a ticket of…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive
`.trim(),
    );
  });

  it('show which one failed if the second one is down', async () => {
    await services.stopAnswers();
    const response = await services.ask('away', QUESTION);
    assert.equal(response.status, 502);
    const [front] = await services.traces.waitForRows(1);
    const error = { error: 'nobody can answer now', traceId: front?.trace_id };
    assert.deepEqual(await response.json(), error);
    assert.equal(
      tree(front),
      `
away  error  502
└─ POST /ask [user_call]  ✗ nobody can answer now; cause: fetch failed; cause: connect ECONNREFUSED …  → {"error":"nobody can answer now","traceId":"(trace id)"}
   └─ ask answers [function_call]  ✗ nobody can answer now; cause: fetch failed; cause: connect ECONNREFUSED …
`.trim(),
    );
  });

  it('refuse a body without a question, and do not ask the second one', async () => {
    assert.equal((await services.ask('none', 7)).status, 400);
    await services.traces.waitForRows(1);
    assert.deepEqual(
      services.sent.filter(({ path }) => path === '/answers'),
      [],
    );
  });
});

describe('two services with a model that fails', () => {
  it('record the error in both rows', async () => {
    await using services = await runServices({ name: LOCAL_BROKEN });
    const response = await services.ask('broken', QUESTION);
    assert.equal(response.status, 502);
    await services.traces.waitForRows(2);
    const [front, answers] = services.rowsOf('broken');
    assert.equal(
      tree(front),
      `
broken  error  502
└─ POST /ask [user_call]  ✗ nobody can answer now; cause: status 502  → {"error":"nobody can answer now","traceId":"(trace id)"}
   └─ ask answers [function_call]  ✗ nobody can answer now; cause: status 502
`.trim(),
    );
    assert.equal(
      tree(answers),
      `
(uuid)  error  502
└─ POST /answers [user_call]  ✗ 500 The server had an error while processing your request.  → {"error":"the model cannot answer now"}
   ├─ find notices [retriever]  → [{"id":"bicycles","title":"Bicycles","text":"A bicycle needs a ticket of…
   └─ OpenAI Chat Completion [chat_completion]  local-broken  ✗ 500 The server had an error while processing your request.
`.trim(),
    );
    assert.deepEqual(services.traces.problems, []);
  });
});
