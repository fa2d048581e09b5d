/** Requests of OTLP/HTTP over real sockets: formats, encodings, limits, who may call, what is answered. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  type LocalServer,
  type LocalServerOptions,
  startLocalServer,
} from '@openlayer-tracing/local';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { ProtobufReader, WIRE } from '../../src/otlp/protobuf-reader.ts';
import type { Health, TraceDetail, TraceNotes, TracePage } from '../../src/page-api.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { call, pageTokenOf, rawRequest } from '../client.ts';
import { got } from '../page/read.ts';
import { readableSpan, requestOf, type SpanFacts, spanFields, TRACE } from './spans.ts';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const QUIET = { otlpQuietMs: 50 } as const;

const protobuf = (...spans: readonly SpanFacts[]) =>
  Buffer.from(ProtobufTraceSerializer.serializeRequest(spans.map(readableSpan)) ?? []);
const json = (...spans: readonly SpanFacts[]) =>
  Buffer.from(JsonTraceSerializer.serializeRequest(spans.map(readableSpan)) ?? []);

interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly body: Buffer;
}

async function post(
  server: LocalServer,
  body: Buffer | string,
  headers: Record<string, string> = {},
  path = '/traces',
): Promise<Answered> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': PROTOBUF, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Code and message of a google.rpc.Status, in either format. */
function statusOf({ type, body }: Answered): readonly [code: number, message: string] {
  if (type === JSON_TYPE) {
    const { code, message, ...others } = JSON.parse(body.toString());
    assert.deepEqual(others, {});
    return [code, message];
  }
  assert.equal(type, PROTOBUF);
  let [code, message] = [0, ''];
  const reader = new ProtobufReader(body);
  while (reader.next()) {
    if (reader.is(1, WIRE.varint)) code = reader.int32();
    else if (reader.is(2, WIRE.bytes)) message = reader.text();
    else assert.fail('an unknown field');
  }
  return [code, message];
}

describe('OTLP/HTTP', () => {
  let server: LocalServer;
  const start = async (options: LocalServerOptions = {}) => {
    await server?.close();
    server = await startLocalServer({ ...QUIET, checks: 'lenient', ...options });
  };
  beforeEach(() => start());
  afterEach(() => server.close());

  for (const path of ['/traces', '/otel/v1/traces']) {
    it(`takes protobuf and JSON at ${path}, and answers in kind`, async () => {
      const first = await post(server, protobuf({ name: 'first' }), {}, path);
      assert.deepEqual(first, { status: 200, type: PROTOBUF, body: Buffer.alloc(0) });
      const traceId = 'a'.repeat(32);
      const second = await post(
        server,
        json({ name: 'second', traceId }),
        { 'content-type': 'application/json; charset=utf-8' },
        path,
      );
      assert.deepEqual(second, { status: 200, type: JSON_TYPE, body: Buffer.from('{}') });
      const rows = await server.waitForRows(2);
      assert.deepEqual(
        rows.map(({ steps, inferenceId }) => [steps[0]?.name, inferenceId]),
        [
          ['first', TRACE],
          ['second', traceId],
        ],
      );
      assert.deepEqual(server.problems, []);
    });
  }

  it('decompresses gzip, deflate and br', async () => {
    const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
    for (const [i, [encoding, compress]] of Object.entries(encodings).entries()) {
      const body = compress(protobuf({ traceId: String(i + 1).repeat(32) }));
      assert.equal((await post(server, body, { 'content-encoding': encoding })).status, 200);
    }
    assert.equal((await server.waitForRows(3)).length, 3);
  });

  it('keeps the good spans of a request with bad ones, and says so in kind', async () => {
    const bad = requestOf(spanFields(), spanFields('00'), spanFields('01'));
    const answered = await post(server, bad);
    assert.equal(answered.status, 200);
    const reader = new ProtobufReader(answered.body);
    assert.ok(reader.next() && reader.is(1, WIRE.bytes));
    const partial = reader.message();
    assert.ok(partial.next() && partial.is(1, WIRE.varint));
    assert.equal(partial.varint(), 2n);
    assert.ok(partial.next() && partial.is(2, WIRE.bytes));
    const message = '2 spans were rejected: its span id is not 8 bytes';
    assert.equal(partial.text(), message);
    assert.equal((await server.waitForRows(1)).length, 1);
    assert.deepEqual(server.problems, [`POST /v1/traces: 200 ${message}`]);

    const inJson = json({}, { id: 'xyz' });
    const second = await post(server, inJson, { 'content-type': JSON_TYPE });
    assert.deepEqual(JSON.parse(second.body.toString()), {
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage: '1 span was rejected: its span id is not 8 bytes',
      },
    });
  });

  it('takes a request without spans', async () => {
    assert.equal((await post(server, Buffer.alloc(0))).status, 200);
    assert.equal((await post(server, '{}', { 'content-type': JSON_TYPE })).status, 200);
    assert.deepEqual(server.problems, []);
  });

  it('refuses what it cannot read, with a Status in kind', async () => {
    const cases = [
      [400, 3, protobuf({}).subarray(0, 30), {}, /Failed to parse .* protobuf data: .*ends in/],
      [400, 3, '{"resourceSpans":', { 'content-type': JSON_TYPE }, /JSON data: not valid JSON/],
      [400, 3, 'no gzip', { 'content-encoding': 'gzip' }, /not valid gzip/],
      [400, 3, gzipSync(protobuf({})).subarray(0, 40), { 'content-encoding': 'gzip' }, /not valid/],
      [415, 3, 'a', { 'content-type': 'text/plain' }, /Content-Type must be/],
      [415, 3, protobuf({}), { 'content-encoding': 'zstd' }, /Content-Encoding must be/],
      [401, 16, protobuf({}), { authorization: '' }, /Authorization: Bearer/],
      [403, 7, protobuf({}), { origin: 'http://evil.example' }, /other origins/],
      [403, 7, protobuf({}), { 'sec-fetch-site': 'cross-site' }, /other origins/],
    ] as const;
    for (const [status, code, body, headers, message] of cases) {
      const answered = await post(server, body as Buffer, headers);
      assert.equal(answered.status, status, String(message));
      const [said, text] = statusOf(answered);
      assert.equal(said, code);
      assert.match(text, message);
      const type = 'content-type' in headers ? JSON_TYPE : PROTOBUF;
      assert.equal(answered.type, type);
    }
    assert.deepEqual(server.rows(), []);
    assert.equal(server.problems.length, cases.length);
  });

  it('refuses another Host, and another key than its own', async () => {
    const lines = ['Authorization: Bearer key', `Content-Type: ${PROTOBUF}`, 'Content-Length: 0'];
    const { status } = await rawRequest(server, 'POST /v1/traces', [
      'Host: evil.example',
      ...lines,
    ]);
    assert.equal(status, 403);
    await start({ apiKey: 'secret' });
    assert.equal((await post(server, protobuf({}))).status, 401);
    const headers = { authorization: 'Bearer secret' };
    assert.equal((await post(server, protobuf({}), headers)).status, 200);
  });

  it('accepts 64 MiB, before and after decompression, and not a byte more', async () => {
    const limit = 64 * 1024 * 1024;
    // An unknown field fills the body up.
    const filled = (length: number) => {
      const bytes = Buffer.alloc(length);
      bytes[0] = 0x7a;
      let rest = length - 5;
      for (let i = 1; i <= 4; i++) {
        bytes[i] = (rest & 0x7f) | (i < 4 ? 0x80 : 0);
        rest >>= 7;
      }
      return bytes;
    };
    const gzip = { 'content-encoding': 'gzip' };
    assert.equal((await post(server, filled(limit))).status, 200);
    assert.equal((await post(server, gzipSync(filled(limit)), gzip)).status, 200);
    for (const headers of [{}, gzip]) {
      const body = filled(limit + 1);
      const answered = await post(
        server,
        'content-encoding' in headers ? gzipSync(body) : body,
        headers,
      );
      assert.equal(answered.status, 413);
      assert.equal(statusOf(answered)[0], 8);
    }
    await start({ maxBodyBytes: 100 });
    assert.equal((await post(server, protobuf({}))).status, 413);
  });

  it('refuses JSON as the platform does where it is strict, and stores what the profile demands', async () => {
    await start({ checks: 'strict' });
    const answered = await post(server, json({}), { 'content-type': JSON_TYPE });
    assert.equal(answered.status, 400);
    const text = 'Failed to parse OpenTelemetry protobuf data';
    assert.deepEqual(statusOf(answered), [3, text]);
    assert.deepEqual(server.problems, [`POST /v1/traces: 400 ${text}`]);
    assert.equal((await post(server, protobuf({}))).status, 200);
    assert.equal((await server.waitForRows(1)).length, 1);
  });

  it('has the pipeline that x-bt-parent names, else "otlp"', async () => {
    const send = (trace: string, parent?: string) =>
      post(
        server,
        protobuf({ traceId: trace.repeat(32) }),
        parent ? { 'x-bt-parent': parent } : {},
      );
    await send('1', 'pipeline_id:abc');
    await send('2', 'pipeline_id: abc');
    await send('3');
    await send('4', 'project_id:abc');
    await server.waitForRows(4);
    assert.equal(server.rows('abc').length, 2);
    assert.equal(server.rows('otlp').length, 2);
    await start({ checks: 'strict' });
    assert.equal((await send('5', 'project_id:abc')).status, 400);
  });

  it('adds later spans to the row, with what the app has added meanwhile', async () => {
    const events: string[] = [];
    server.on('row', ({ inferenceId }) => events.push(`row ${inferenceId}`));
    server.on('update', ({ row }, pipeline, id) =>
      events.push(`update ${pipeline} ${id} ${Object.keys(row)}`),
    );
    const child = { id: '0000000000000002', parent: '0000000000000001', name: 'child' };
    await post(server, protobuf({ ...child, isRemote: true }));
    await server.waitForRows(1);
    const path = `/inference-pipelines/otlp/rows?inferenceId=${TRACE}`;
    const update = { rating: 5, comment: 'Good.' };
    const put = await call(server, 'PUT', path, { row: update });
    assert.equal(put.status, 200);
    const attributes = { 'openlayer.inference_id': 'req-9', 'user.id': 'ada' };
    const inputs = { 'openlayer.step.inputs': '{"comment":"Add one.","question":"How?"}' };
    const root = { id: '0000000000000001', name: 'root', attributes: { ...attributes, ...inputs } };
    const updated = new Promise((resolve) => {
      server.on('update', ({ row }) => 'user_id' in row && resolve(undefined));
    });
    await post(server, protobuf(root));
    await updated;
    assert.equal(server.rows().length, 1);
    const row = server.row('req-9', 'otlp');
    assert.equal(row?.rating, 5);
    assert.equal(row?.comment, 'Good.');
    assert.equal(row?.user_id, 'ada');
    assert.equal(row?.steps[0]?.name, 'root');
    assert.equal(row?.steps[0]?.steps[0]?.name, 'child');
    assert.equal(server.row(TRACE), undefined);
    const read = await call(server, 'GET', '/inference-pipelines/otlp/rows/req-9');
    assert.equal((read.body.row as Record<string, unknown>).openlayer_user_id, 'ada');
    const detail = await got<TraceDetail>(server, 'traces/1');
    assert.equal(detail.metadata.question, undefined, 'an input is no other column');
    const { config } = await got<{ config: { inputVariableNames: string[] } }>(
      server,
      'traces/1/row',
    );
    assert.deepEqual(config.inputVariableNames, ['input_comment', 'question']);
    const { notes } = await got<TraceNotes>(server, 'traces/1/notes');
    assert.deepEqual(notes, []);
    assert.deepEqual(events.slice(0, 2), [`row ${TRACE}`, `update otlp ${TRACE} rating,comment`]);
    assert.match(events[2] ?? '', /^update otlp req-9 .*user_id/);
  });

  it('adds later spans to the row, in which an update has replaced columns and named others', async () => {
    await post(server, protobuf({ id: '0000000000000001', name: 'root' }));
    await server.waitForRows(1);
    const path = `/inference-pipelines/otlp/rows?inferenceId=${TRACE}`;
    const row = {
      ...{ output: 'better', cost: 0.5, tokens: 12, latency: 3, context: ['a'], _question: 'why?' },
      ...{ metadata: { reviewed: true }, client_ms: 900, client_at: 1_600_000_000, thumbs: 'up' },
    };
    const config = {
      ...{ latencyColumnName: 'client_ms', timestampColumnName: 'client_at' },
      humanFeedbackColumnName: 'thumbs',
    };
    assert.equal((await call(server, 'PUT', path, { row, config })).status, 200);
    const shown = async () => {
      const read = await call(server, 'GET', `/inference-pipelines/otlp/rows/${TRACE}`);
      const { steps, ...columns } = read.body.row;
      const [trace] = (await got<TracePage>(server, 'traces')).traces;
      const { time, latency, tokens, cost, output, feedback } = trace ?? {};
      const facts = { time, latency, tokens, cost, output, value: feedback?.value };
      return { columns, facts, steps: steps[0]?.steps.length };
    };
    const before = await shown();
    assert.deepEqual(before.facts, {
      ...{ time: 1_600_000_000_000, latency: 900, tokens: 12, cost: 0.5, output: 'better' },
      value: 'up',
    });
    for (const steps of [1, 2]) {
      const updated = new Promise((resolve) => server.on('update', resolve));
      const id = `000000000000001${steps}`;
      await post(server, protobuf({ id, parent: '0000000000000001', name: 'late' }));
      await updated;
      assert.deepEqual(await shown(), { ...before, steps });
      assert.equal((await call(server, 'PUT', path, { row: { note: 1 } })).status, 200);
      Object.assign(before.columns, { note: 1 });
    }
  });

  it('does not touch rows that came otherwise, and starts anew where a row was deleted', async () => {
    await post(server, protobuf({ id: '0000000000000001', name: 'root' }));
    await server.waitForRows(1);
    const deleted = await call(server, 'DELETE', `/inference-pipelines/otlp/rows/${TRACE}`);
    assert.equal(deleted.status, 204);
    await post(server, protobuf({ id: '0000000000000002', name: 'second' }));
    const [row] = await server.waitForRows(1);
    assert.equal(row?.steps[0]?.name, 'second');
  });

  it('says of metrics and logs that they are not taken, which is no violation', async () => {
    for (const path of ['/metrics', '/logs', '/otel/v1/metrics']) {
      assert.equal((await post(server, Buffer.alloc(0), {}, path)).status, 404);
    }
    assert.deepEqual(server.problems, []);
  });

  describe('with a file', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'otlp-'));
    });
    afterEach(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    it('writes what has come when it is closed, and goes on after the next start', async () => {
      const file = join(folder, 'traces.db');
      const ids = ['0000000000000001', '0000000000000002', '0000000000000003'] as const;
      await start({ file, otlpQuietMs: 60_000 });
      await post(server, protobuf({ id: ids[1], parent: ids[0], name: 'child' }));
      assert.deepEqual(server.rows(), []);
      await start({ file, otlpQuietMs: 60_000 });
      assert.equal(server.rows()[0]?.steps[0]?.name, 'child');
      await post(server, protobuf({ id: ids[0], name: 'root' }));
      await post(server, protobuf({ id: ids[2], parent: ids[0], name: 'late' }));
      await start({ file });
      const [row, ...others] = server.rows();
      assert.deepEqual(others, []);
      assert.equal(row?.steps[0]?.name, 'root');
      assert.deepEqual(row.steps[0].steps.map(({ name }) => name).sort(), ['child', 'late']);
    });

    it('says that rows cannot be written, to its listeners and to the page', async () => {
      const file = join(folder, 'traces.db');
      await start({ file });
      const db = openDatabase(file, 1024 ** 2);
      db.exec(
        "CREATE TRIGGER no_rows BEFORE INSERT ON rows BEGIN SELECT RAISE(ABORT, 'too odd'); END",
      );
      db.close();
      const said = new Promise((resolve) => server.on('problem', resolve));
      await post(server, protobuf({ name: 'root' }));
      assert.match(String(await said), /^traces cannot be written: .*too odd/);
      const health = await fetch(`http://localhost:${server.port}/api/health`, {
        headers: { authorization: `Bearer ${pageTokenOf(server)}` },
      });
      const { failures } = (await health.json()) as Health;
      assert.deepEqual(failures, [await said]);
      assert.deepEqual(server.problems, failures);
    });

    it('loses no span that it has accepted when it is killed', async () => {
      const file = join(folder, 'traces.db');
      const child = spawn(process.execPath, [BIN, '--port', '0', '--file', file, '--quiet']);
      let printed = '';
      child.stdout.setEncoding('utf8');
      while (!/listens on \S+/.test(printed)) printed += (await once(child.stdout, 'data'))[0];
      const url = /listens on (\S+)/.exec(printed)?.[1] ?? '';
      const bodies = [
        [protobuf({ id: '0000000000000001', name: 'root' }), PROTOBUF],
        [json({ id: '0000000000000002', parent: '0000000000000001' }), JSON_TYPE],
      ] as const;
      for (const [body, type] of bodies) {
        const answered = await post({ url } as LocalServer, gzipSync(body), {
          'content-type': type,
          'content-encoding': 'gzip',
        });
        assert.equal(answered.status, 200);
      }
      child.kill('SIGKILL');
      await once(child, 'close');
      await start({ file, checks: 'strict', maxBodyBytes: 10 });
      const [row] = await server.waitForRows(1);
      assert.equal(row?.steps[0]?.name, 'root');
      assert.equal(row.steps[0].steps.length, 1);
      assert.deepEqual(server.problems, []);
      // What is in a row is not kept a second time.
      await start({ file });
      const events: string[] = [];
      server.on('update', (_update, pipeline) => events.push(pipeline));
      await setTimeout(200);
      assert.deepEqual(events, []);
    });
  });
});
