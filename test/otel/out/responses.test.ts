/** What becomes of traces by the response of the backend, as OTLP 1.11 says. */

import assert from 'node:assert/strict';
import { createTracer, type Diagnostic, SendError, type Tracer } from '@openlayer-tracing/core';
import { type OtelExportOptions, otelExport } from '@openlayer-tracing/otel';
import { type OtlpReply, partialJson, startBackend } from './otlp-backend.ts';
import { rowOf, send, step } from './rows.ts';

const row = (inferenceId = 'a') => rowOf(step(), { inferenceId });
const two = [row('a'), row('b')];

async function answered(
  reply: OtlpReply | ((index: number) => OtlpReply),
  options: OtelExportOptions = {},
  rows: readonly object[] = two,
) {
  await using backend = await startBackend((_, i) =>
    typeof reply === 'function' ? reply(i) : reply,
  );
  const exported = otelExport({ url: backend.url, ...options });
  try {
    return { delivery: await send(exported, rows), requests: backend.requests };
  } catch (error) {
    assert.ok(error instanceof SendError, String(error));
    return { error, requests: backend.requests };
  }
}

/** `partial_success { rejected_spans, error_message }` in protobuf. */
function partialProtobuf(rejected: number, message: string): Buffer {
  const text = Buffer.from(message);
  const inner = Buffer.concat([
    Buffer.from(rejected > 0 ? [0x08, rejected] : []),
    Buffer.from(text.length > 0 ? [0x12, text.length] : []),
    text,
  ]);
  return Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
}

describe('a backend that answers otelExport', () => {
  const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

  for (const protocol of PROTOCOLS) {
    const partial = (rejected: number, message: string): OtlpReply => ({
      body:
        protocol === 'http/json'
          ? partialJson(rejected, message)
          : partialProtobuf(rejected, message),
    });

    describe(`by ${protocol}`, () => {
      it('has all traces with status 200 and no partial success', async () => {
        for (const reply of [{}, { body: '' }, partial(0, '')]) {
          const { delivery } = await answered(reply, { protocol });
          assert.deepEqual(delivery, { delivered: 2, lost: {}, warning: undefined });
        }
      });

      it('loses the traces of rejected spans, and never gets them again', async () => {
        const { delivery, requests } = await answered(partial(1, 'too old'), { protocol });
        assert.equal(delivery?.delivered, 1);
        assert.deepEqual(delivery.lost, { rejected: 1 });
        assert.match(String(delivery.error), /rejected 1 of 2 spans, of up to 1 traces: too old/);
        assert.equal(requests.length, 1);
        // Which traces the three spans belong to is not said.
        const steps = [step({ id: 'x' }), step({ id: 'y' })];
        const rows = [row('a'), rowOf(step({ steps }), { inferenceId: 'b' })];
        assert.deepEqual((await answered(partial(3, ''), { protocol }, rows)).delivery?.lost, {
          rejected: 2,
        });
      });

      it('warns with a message and no rejected span', async () => {
        const { delivery } = await answered(partial(0, 'use HTTPS'), { protocol });
        assert.equal(delivery?.delivered, 2);
        assert.match(String(delivery.warning), /accepted the traces with a warning: use HTTPS/);
      });
    });
  }

  it('reads a count of rejected spans that is a string, as JSON of OTLP has it', async () => {
    const { delivery } = await answered(
      { body: partialJson('2', 'no') },
      { protocol: 'http/json' },
    );
    assert.deepEqual(delivery?.lost, { rejected: 2 });
  });

  it('has all traces although its response of status 200 cannot be read', async () => {
    for (const body of ['ok', '{', Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0x0a, 0x7f, 1])]) {
      for (const protocol of PROTOCOLS) {
        assert.equal((await answered({ body }, { protocol })).delivery?.delivered, 2);
      }
    }
  });

  const CODES: readonly (readonly [status: number, code: string, isRetryable: boolean])[] = [
    [429, 'busy', true],
    [502, 'busy', true],
    [503, 'busy', true],
    [504, 'busy', true],
    [400, 'rejected', false],
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'not_found', false],
    [405, 'refused', false],
    [408, 'refused', false],
    [413, 'too_large', false],
    [415, 'refused', false],
    [422, 'refused', false],
    [500, 'refused', false],
    [501, 'refused', false],
    [505, 'refused', false],
    [302, 'refused', false],
  ];
  for (const [status, code, isRetryable] of CODES) {
    it(`fails with status ${status} as ${code}, ${isRetryable ? 'to be tried again' : 'with no retry'}`, async () => {
      const { error } = await answered({ status, headers: { location: 'http://127.0.0.1:1/' } });
      assert.deepEqual(
        [error?.code, error?.isRetryable, error?.status],
        [code, isRetryable, status],
      );
    });
  }

  it('says when to try again, in seconds or by a date', async () => {
    const waitOf = async (value: string, status = 503) =>
      (await answered({ status, headers: { 'retry-after': value } })).error?.retryAfterMs;
    assert.equal(await waitOf('7'), 7000);
    assert.equal(await waitOf('7', 429), 7000);
    const date = await waitOf(new Date(Date.now() + 30_000).toUTCString());
    assert.ok(date !== undefined && date > 25_000 && date <= 30_000, String(date));
    assert.equal(await waitOf('soon'), undefined);
    assert.equal(await waitOf('7', 400), undefined);
  });

  it('explains a failure by google.rpc.Status, JSON or text, without repeating keys', async () => {
    const said = async (body: string | Buffer, type: string) =>
      (
        await answered(
          { status: 400, body, headers: { 'content-type': type } },
          { headers: { authorization: 'Bearer S3CRET-key' } },
        )
      ).error?.message.replace(/^.* returned status 400/, '');
    const text = 'bad Bearer S3CRET-key\nspan';
    const status = Buffer.concat([Buffer.from([0x12, text.length]), Buffer.from(text)]);
    assert.equal(await said(status, 'application/x-protobuf'), ': bad *** span');
    assert.equal(
      await said(JSON.stringify({ code: 3, message: text }), 'application/json'),
      ': bad *** span',
    );
    assert.equal(await said(text, 'text/plain'), ': bad *** span');
    assert.equal(await said('<html>no</html>', 'text/html'), '');
    assert.equal(await said('', 'text/plain'), '');
  });

  it('is no backend of OTLP if it returns a page of HTML', async () => {
    const { error } = await answered({
      body: '<html>',
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    assert.match(String(error?.message), /page of HTML; check/);
  });

  it('fails finally by a response over 4 MiB, and takes one of 4 MiB', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, 0x20);
    assert.equal((await answered({ body })).delivery?.delivered, 2);
    const { error } = await answered({ body: Buffer.concat([body, Buffer.from(' ')]) });
    assert.deepEqual([error?.code, error?.isRetryable], ['refused', false]);
  });

  it('is tried again if it closes the connection, is away, or hangs', async () => {
    const closed = await answered({ instead: 'close' });
    const hung = await answered({ instead: 'hang' }, { timeoutMs: 100 });
    for (const { error } of [closed, hung]) {
      assert.deepEqual([error?.code, error?.isRetryable], ['unreachable', true]);
    }
    assert.match(String(hung.error?.message), /within 100 ms/);
    const away = otelExport({ url: 'http://127.0.0.1:1/v1/traces' });
    await assert.rejects(send(away, two), { code: 'unreachable', isAmbiguous: false });
  });

  it('gets nothing more from a send that is aborted', async () => {
    await using backend = await startBackend(() => ({ instead: 'hang' }));
    const stop = new AbortController();
    const sent = send(otelExport({ url: backend.url }), two, stop.signal);
    await backend.waitFor(1);
    stop.abort();
    await assert.rejects(sent, { code: 'given_up' });
    await assert.rejects(send(otelExport({ url: backend.url }), two, stop.signal), {
      code: 'given_up',
    });
    assert.equal(backend.requests.length, 1);
  });

  it('gets no request over 64 MiB', async () => {
    const huge = { ...row(), steps: [step({ output: 'x'.repeat(70_000_000) })] };
    const { error, requests } = await answered(
      {},
      { maxAttributeBytes: 1e9, compression: 'gzip' },
      [huge],
    );
    assert.equal(error?.code, 'too_large');
    assert.equal(requests.length, 0);
  });

  it('gets bodies compressed by gzip if that is asked for', async () => {
    const { delivery, requests } = await answered({}, { compression: 'gzip' });
    assert.equal(delivery?.delivered, 2);
    assert.equal(requests[0]?.headers['content-encoding'], 'gzip');
    const plain = await answered({});
    assert.equal(plain.requests[0]?.headers['content-encoding'], undefined);
    assert.deepEqual(requests[0]?.body, plain.requests[0]?.body);
  });

  it('gets the headers of the options and the name of the library', async () => {
    const { requests } = await answered({}, { headers: { 'X-Team': 'a b' } });
    assert.equal(requests[0]?.headers['x-team'], 'a b');
    assert.match(String(requests[0]?.headers['user-agent']), /^openlayer-tracing-js\/\d/);
    assert.equal(requests[0]?.method, 'POST');
    assert.equal(requests[0]?.path, '/v1/traces');
  });
});

describe('a tracer with otelExport', () => {
  function tracerOf(url: string): { tracer: Tracer; said: Diagnostic[] } {
    const said: Diagnostic[] = [];
    const tracer = createTracer({
      exports: [otelExport({ url })],
      retry: { baseMs: 1, capMs: 5 },
      onDiagnostic: (each) => said.push(each),
    });
    return { tracer, said };
  }

  const trace = (tracer: Tracer, id: string) =>
    tracer.startTrace({ name: id, inferenceId: id }).end();

  it('sends again after 503, with the same bytes, until the backend takes it', async () => {
    await using backend = await startBackend((_, i) =>
      i < 2 ? { status: 503, headers: { 'retry-after': '0' } } : {},
    );
    const { tracer, said } = tracerOf(backend.url);
    trace(tracer, 'a');
    await tracer.flush();
    assert.equal(tracer.stats().exports?.otel?.published, 1);
    assert.equal(backend.requests.length, 3);
    const [first, ...others] = backend.requests.map(({ body }) => body.toString('hex'));
    for (const each of others) assert.equal(each, first);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['publish_retry'],
    );
  });

  it('waits as long as Retry-After says', async () => {
    const times: number[] = [];
    await using backend = await startBackend((_, i) => {
      times.push(performance.now());
      return i === 0 ? { status: 429, headers: { 'retry-after': '1' } } : {};
    });
    const { tracer } = tracerOf(backend.url);
    trace(tracer, 'a');
    await tracer.flush();
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990, String(times));
  });

  it('counts and reports rejected spans, and warnings', async () => {
    await using backend = await startBackend((_, i) => ({
      body: i === 0 ? partialProtobuf(1, 'bad') : partialProtobuf(0, 'nearly full'),
    }));
    const { tracer, said } = tracerOf(backend.url);
    trace(tracer, 'a');
    await tracer.flush();
    trace(tracer, 'b');
    await tracer.flush();
    const { published, dropped } = tracer.stats().exports?.otel ?? {};
    assert.deepEqual([published, dropped], [1, { rejected: 1 }]);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['lost_rejected', 'publish_warning'],
    );
    assert.match(String(said[1]?.message), /nearly full/);
    assert.equal(backend.requests.length, 2);
  });

  it('isolates the trace that a backend refuses, and cuts one that is too large', async () => {
    await using backend = await startBackend(({ body }) => {
      if (body.includes('poison')) return { status: 400 };
      return body.byteLength > 20_000 ? { status: 413 } : {};
    });
    const { tracer } = tracerOf(backend.url);
    for (const id of ['a', 'poison', 'b']) trace(tracer, id);
    const large = tracer.startTrace('large');
    large.update({ output: 'x'.repeat(60_000) });
    large.end();
    await tracer.flush();
    const { published, dropped } = tracer.stats().exports?.otel ?? {};
    assert.deepEqual([published, dropped], [3, { rejected: 1 }]);
  });
});
