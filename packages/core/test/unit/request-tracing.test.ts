/** How the traces of requests begin. */

import assert from 'node:assert/strict';
import {
  createTracer,
  type Diagnostic,
  type RequestTrace,
  type TracerStats,
  type TracingOptions,
} from '@openlayer-tracing/core';
import { getTrace, type RequestAdapter, RequestTracing } from '@openlayer-tracing/core/adapter';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';

interface FakeRequest {
  readonly url: string;
}

const ADAPTER: RequestAdapter<FakeRequest, object> = {
  method: () => 'GET',
  path: ({ url }) => url,
  hasQuery: () => false,
  query: () => null,
  body: () => null,
  params: () => null,
  route: () => undefined,
  header: () => undefined,
  responseHeader: () => undefined,
  setResponseHeader() {},
  requestBody: () => undefined,
  follow() {},
};

function tracerHere() {
  const diagnostics: Diagnostic[] = [];
  const transport = memoryTransport();
  const tracer = createTracer({
    transport,
    onDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
  });
  return { diagnostics, transport, tracer };
}

const fail = (): never => {
  throw new Error('ours');
};

type Adapter = RequestAdapter<FakeRequest, object>;

/** By what fails after the trace was opened: the adapter, and what restores the rest. */
const FAILURES: Readonly<Record<string, () => { adapter: Adapter; restore(): void }>> = {
  'it cannot be read': () => ({
    adapter: Object.defineProperty({ ...ADAPTER }, 'hasQuery', { get: fail }),
    restore() {},
  }),
  'it cannot keep it': () => {
    const requests = Reflect.get(globalThis, Symbol.for('openlayer-tracing.requests.v1')) as {
      keepTrace(req: object, trace: RequestTrace): void;
    };
    const { keepTrace } = requests;
    const restore = () => {
      requests.keepTrace = keepTrace;
    };
    requests.keepTrace = () => {
      restore();
      fail();
    };
    return { adapter: ADAPTER, restore };
  },
};

describe('a request whose trace fails to begin', () => {
  for (const [what, breakIt] of Object.entries(FAILURES)) {
    it(`since ${what} keeps an inert one, and none stays open`, () => {
      const { tracer, diagnostics } = tracerHere();
      const { adapter, restore } = breakIt();
      const tracing = new RequestTracing({ tracer }, adapter);
      const req = { url: '/' };
      let trace: RequestTrace;
      try {
        trace = tracing.startTrace(req, {});
      } finally {
        restore();
      }
      assert.equal(getTrace(req), trace);
      assert.equal(tracing.startTrace(req, {}), trace);
      assert.equal(
        trace.run(() => 'ran'),
        'ran',
      );
      assert.equal(tracer.stats().open, 0);
      const reasons = diagnostics.map(({ reason }) => reason);
      assert.deepEqual(reasons, ['internal_error']);
    });
  }
});

describe('a request whose response cannot be followed', () => {
  it('is given up, and what comes later is not said to be too old, or one of too many', () => {
    const { tracer, diagnostics } = tracerHere();
    const tracing = new RequestTracing({ tracer }, { ...ADAPTER, follow: fail });
    const trace = tracing.startTrace({ url: '/' }, {});
    assert.equal(tracer.stats().open, 0);
    trace.update({ userId: 'late' });
    assert.deepEqual(
      diagnostics.map(({ reason }) => reason),
      ['internal_error', 'too_late'],
    );
    assert.doesNotMatch(diagnostics[1]?.message ?? '', /maxAgeMs|maxOpenTraces/);
  });
});

describe('the options of a middleware', () => {
  it('are read once: what the app changes later does not count', async () => {
    const { tracer, transport } = tracerHere();
    const of = (when: string) => ({
      inferenceId: { from: () => `id-${when}` },
      skip: () => when === 'late',
      name: () => when,
      input: () => ({ when }),
      output: () => when,
      user: () => when,
      session: () => when,
      metadata: () => ({ when }),
    });
    const options = { tracer, ...of('early') } satisfies TracingOptions<FakeRequest>;
    const tracing = new RequestTracing(options, {
      ...ADAPTER,
      follow(trace) {
        trace.addChunk('{}', undefined);
        trace.settleResponse('completed', {
          status: 200,
          contentType: 'application/json',
          contentEncoding: undefined,
        });
      },
    });
    options.inferenceId.from = () => 'id-late';
    Object.assign(options, of('late'));
    tracing.startTrace({ url: '/' }, {});
    await tracer.shutdown();
    const [row] = transport.rows;
    assert.ok(row !== undefined);
    assert.deepEqual(
      [row.inferenceId, row.steps[0]?.name, row.when, row.output, row.user_id, row.session_id],
      ['id-early', 'early', 'early', 'early', 'early', 'early'],
    );
    assert.equal(row.metadata?.when, 'early');
  });
});

const SENT = { status: 200, contentType: undefined, contentEncoding: undefined };

describe('a request whose response is over before the app runs', () => {
  it('is recorded with the route that the framework finds after that, and its secrets are masked', async () => {
    const { tracer, transport } = tracerHere();
    interface Routed extends FakeRequest {
      route?: string;
      params: Record<string, string>;
    }
    const adapter: RequestAdapter<Routed, object> = {
      ...(ADAPTER as object as RequestAdapter<Routed, object>),
      params: (req) => req.params,
      route: (req) => req.route,
      follow(trace) {
        trace.settleResponse('aborted', { ...SENT, status: undefined });
      },
    };
    const request: Routed = { url: '/reset/s3cret-token', params: {} };
    new RequestTracing({ tracer }, adapter).startTrace(request, {});
    request.route = '/reset/:token';
    request.params = { token: 's3cret-token' };
    await tracer.shutdown();
    const [row] = transport.rows;
    assert.equal(row?.steps[0]?.name, 'GET /reset/:token');
    assert.deepEqual(row.params, { token: '[redacted]' });
    assert.equal(JSON.stringify(row).includes('s3cret'), false);
  });
});

describe('a request whose parameters throw', () => {
  it('has the rest of its row, and no path, whose secrets nobody knows', async () => {
    const { tracer, transport, diagnostics } = tracerHere();
    const adapter: Adapter = {
      ...ADAPTER,
      params: () => new Proxy({}, { ownKeys: fail }),
      follow(trace) {
        trace.addChunk('hello', undefined);
        queueMicrotask(() => trace.settleResponse('completed', SENT));
      },
    };
    const trace = new RequestTracing({ tracer }, adapter).startTrace(
      { url: '/reset/s3cret-token' },
      {},
    );
    trace.update({ metadata: { kept: true } });
    trace.addStep({ name: 'work' });
    await new Promise((resolve) => setImmediate(resolve));
    await tracer.shutdown();
    const [row] = transport.rows;
    assert.ok(row !== undefined);
    assert.deepEqual([row.output, row.kept], ['hello', true]);
    assert.deepEqual(
      row.steps[0]?.steps.map(({ name }) => name),
      ['work'],
    );
    assert.equal(JSON.stringify(row).includes('s3cret'), false);
    assert.deepEqual(
      diagnostics.map(({ reason }) => reason),
      ['internal_error'],
    );
  });
});

describe('traces that are completed together', () => {
  it('are all counted while one of them is, and queued by a flush from within', async () => {
    const transport = memoryTransport();
    let flushed: Promise<void> | undefined;
    let seen: TracerStats | undefined;
    const tracer = createTracer({
      transport,
      onDiagnostic() {
        if (flushed !== undefined) return;
        seen = tracer.stats();
        flushed = tracer.flush();
      },
    });
    const adapter: Adapter = {
      ...ADAPTER,
      follow(trace) {
        // What fails while the trace is completed calls `onDiagnostic`.
        trace.defer({ record: fail }, 1);
        queueMicrotask(() => trace.settleResponse('completed', SENT));
      },
    };
    const tracing = new RequestTracing({ tracer }, adapter);
    for (let i = 0; i < 5; i++) tracing.startTrace({ url: `/${i}` }, {});
    await new Promise((resolve) => setImmediate(resolve));
    await tracer.flush();
    await flushed;
    assert.ok(seen !== undefined);
    const { started, open, queued, published } = seen;
    // The one that is being completed is in between.
    assert.equal(started, open + queued + published + 1);
    assert.equal(transport.rows.length, 5);
    await tracer.shutdown();
  });
});

describe('a request that the app changes after its response', () => {
  const asItWas = (row: WireRow) => ({
    id: row.inferenceId,
    name: row.steps[0]?.name,
    body: row.body,
    params: row.params,
    headers: row.metadata?.headers,
  });

  for (const options of [{}, { sample: () => true }] satisfies TracingOptions<FakeRequest>[]) {
    const how = 'sample' in options ? 'whose end calls the app' : 'whose row waits for others';
    it(`is recorded as it was at its end: a trace ${how}`, async () => {
      const { tracer, transport } = tracerHere();
      const request = {
        url: '/early',
        id: 'early',
        body: { when: 'early' },
        params: { when: 'early' },
        header: 'early',
      };
      let settle = () => {};
      const adapter: RequestAdapter<typeof request, object> = {
        ...(ADAPTER as object as RequestAdapter<typeof request, object>),
        body: (req) => req.body,
        params: (req) => req.params,
        route: (req) => req.url,
        header: (req, name) => (name === 'x-when' ? req.header : undefined),
        appId: (req) => (req.id === 'early' ? undefined : req.id),
        requestBody: () => ({
          capture: undefined,
          contentType: 'application/json',
          contentEncoding: undefined,
          isParsed: false,
        }),
        follow(trace) {
          settle = () => trace.settleResponse('completed', SENT);
        },
      };
      const tracing = new RequestTracing(
        { tracer, capture: { headers: ['x-when'] }, ...options },
        adapter,
      );
      tracing.startTrace(request, {});
      request.id = 'made-by-the-app';
      settle();
      // After the microtasks, since the call that ends a response may still set something.
      await new Promise((resolve) => setImmediate(resolve));
      Object.assign(request.body, { when: 'late' });
      Object.assign(request.params, { when: 'late' });
      Object.assign(request, { url: '/late', id: 'late', header: 'late' });
      await tracer.shutdown();
      const [row] = transport.rows;
      assert.ok(row !== undefined);
      assert.deepEqual(asItWas(row), {
        id: 'made-by-the-app',
        name: 'GET /early',
        body: { when: 'early' },
        params: { when: 'early' },
        headers: { 'x-when': 'early' },
      });
    });
  }
});
