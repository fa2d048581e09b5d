/**
 * An app that exports its spans by its own SDK, with our span processor and otelExport(): what both send to one backend, together,
 * has each span once, and no span whose parent nobody sends.
 */

import assert from 'node:assert/strict';
import {
  configure,
  createTracer,
  flush,
  shutdown,
  type Tracer,
  trace as traced,
} from '@openlayer-tracing/core';
import { announceRequest, runCall, startCall } from '@openlayer-tracing/core/integration';
import {
  type OtelExportOptions,
  openlayerSpanProcessor,
  otelExport,
  type SpanProcessorOptions,
} from '@openlayer-tracing/otel';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type JsonSpan, startBackend } from './otlp-backend.ts';

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5',
};

const GET = { 'http.request.method': 'GET', 'http.response.status_code': 404 };
const SERVED = {
  'http.request.method': '_OTHER',
  'http.request.method_original': 'FOO',
  'http.route': '/chat',
  'http.response.status_code': 200,
  'url.path': '/chat',
  'url.scheme': 'https',
};
const ELSEWHERE = { traceId: 'b'.repeat(32), spanId: '3'.repeat(16), traceFlags: 1 };

/** What `AlwaysRecordSampler` makes of a sampler that drops every span. */
const RECORD: Sampler = {
  shouldSample: () => ({ decision: SamplingDecision.RECORD }),
  toString: () => 'record',
};

/** Starts spans of the app, each around what is called in it. */
class Spans {
  readonly #provider: BasicTracerProvider;

  constructor(provider: BasicTracerProvider) {
    this.#provider = provider;
  }

  async around<T>(name: string, work: (span: Span) => T, options = {}): Promise<Awaited<T>> {
    const span = this.#provider.getTracer('app').startSpan(name, options);
    try {
      return await context.with(trace.setSpan(context.active(), span), () => work(span));
    } finally {
      span.end();
    }
  }

  chat(work: (span: Span) => unknown = () => {}): Promise<unknown> {
    return this.around('chat gpt-5', work, { kind: SpanKind.CLIENT, attributes: CHAT });
  }
}

/** A model call that the integration of a framework records. */
async function frameworkCall(work: () => unknown, isAnnounced = false): Promise<void> {
  const call = startCall({
    name: 'ChatOpenAI',
    type: 'chat_completion',
    model: 'gpt-5',
    inputs: { prompt: [{ role: 'user', content: 'hi' }] },
  });
  assert.ok(call !== undefined);
  if (isAnnounced) {
    announceRequest(call, { model: 'gpt-5', lastText: undefined });
    await work();
    call.end({ output: 'yo', promptTokens: 10 });
    return;
  }
  await runCall(call, async () => work(), {
    completed: () => call.end({ output: 'yo', promptTokens: 10 }),
    failed: (error) => call.fail(error),
  });
}

interface Scenario {
  readonly what: string;
  readonly processor?: SpanProcessorOptions;
  run(app: { readonly spans: Spans; readonly tracer: Tracer }): Promise<unknown>;
  /** What otelExport() sends by default: while the SDK exports its spans, and while it samples none. */
  readonly ours: readonly [sampled: string, unsampled: string];
}

/** Runs code in a trace of its own. */
function inTrace(tracer: Tracer, work: () => Promise<unknown>): Promise<unknown> {
  const started = tracer.startTrace('handle');
  return started.run(work).finally(() => started.end());
}

const SCENARIOS: readonly Scenario[] = [
  {
    what: 'a model call outside any trace, with a span below it',
    processor: { orphans: 'trace' },
    run: ({ spans }) => spans.around('job', () => spans.chat(() => spans.around('load', () => {}))),
    ours: ['', 'chat gpt-5, load'],
  },
  {
    what: 'a step within a model call outside any trace',
    processor: { orphans: 'trace' },
    run: ({ spans }) => spans.chat(() => traced(() => 1, { name: 'inner' })()),
    ours: ['inner', 'chat gpt-5, inner'],
  },
  {
    what: 'a trace within a span, spans within steps, and steps within spans',
    run: ({ spans, tracer }) =>
      spans.around(
        'GET /',
        () =>
          inTrace(tracer, () =>
            spans.around('load', () =>
              traced(() => spans.around('query', () => {}), { name: 'inner' })(),
            ),
          ),
        { kind: SpanKind.SERVER },
      ),
    ours: ['handle, inner', 'handle, load, inner, query'],
  },
  {
    what: 'a call of a framework around the span of its client',
    run: ({ spans, tracer }) => inTrace(tracer, () => frameworkCall(() => spans.chat())),
    ours: ['handle, chat gpt-5', 'handle, chat gpt-5'],
  },
  {
    what: 'the same within a span',
    run: ({ spans, tracer }) =>
      spans.around('job', () => inTrace(tracer, () => frameworkCall(() => spans.chat()))),
    ours: ['handle', 'handle, chat gpt-5'],
  },
  {
    what: 'an announced call of a framework, whose client works outside its scope, within a span',
    run: ({ spans, tracer }) =>
      spans.around('job', () => inTrace(tracer, () => frameworkCall(() => spans.chat(), true))),
    ours: ['handle', 'handle, chat gpt-5'],
  },
  {
    what: 'a call of a framework that is a trace of its own, within a span',
    run: ({ spans }) => spans.around('job', () => frameworkCall(() => spans.chat())),
    ours: ['', 'chat gpt-5'],
  },
  {
    what: 'a call of a client within the span of an instrumentation, within a span',
    run: ({ spans, tracer }) =>
      spans.around('job', () => inTrace(tracer, () => spans.chat(() => frameworkCall(() => {})))),
    ours: ['handle', 'handle, chat gpt-5'],
  },
];

describe('what the SDK of an app and otelExport() send to one backend', () => {
  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  after(() => {
    trace.disable();
    context.disable();
    configure({ publish: false });
  });

  async function sentBy(
    { processor = {}, run }: Pick<Scenario, 'processor' | 'run'>,
    isSampled: boolean,
    options: OtelExportOptions = {},
  ) {
    await using backend = await startBackend();
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      sampler: isSampled ? new AlwaysOnSampler() : RECORD,
      spanProcessors: [openlayerSpanProcessor(processor), new SimpleSpanProcessor(exporter)],
    });
    trace.disable();
    trace.setGlobalTracerProvider(provider);
    const exports = () => [otelExport({ url: backend.url, ...options })];
    configure({ exports: exports() });
    const tracer = createTracer({ exports: exports() });
    await run({ spans: new Spans(provider), tracer });
    await tracer.flush();
    await flush();
    const { dropped } = tracer.stats().exports?.otel ?? {};
    assert.deepEqual(dropped, {});
    await tracer.shutdown();
    await shutdown();
    const bySdk = exporter.getFinishedSpans().map((span) => {
      const { traceId, spanId } = span.spanContext();
      return { traceId, spanId, parentSpanId: span.parentSpanContext?.spanId, name: span.name };
    });
    return { bySdk, finished: exporter.getFinishedSpans(), ours: backend.spans() };
  }

  const namesOf = (spans: readonly JsonSpan[]) => spans.map(({ name }) => name).join(', ');

  for (const scenario of SCENARIOS) {
    for (const isSampled of [true, false]) {
      it(`of ${scenario.what}, ${isSampled ? 'sampled' : 'not sampled'}`, async () => {
        const { bySdk, ours } = await sentBy(scenario, isSampled);
        assert.equal(bySdk.length > 0, isSampled);
        assert.equal(namesOf(ours), scenario.ours[isSampled ? 0 : 1]);
        const all = [...bySdk, ...ours];
        const ids = all.map(({ traceId, spanId }) => `${traceId} ${spanId}`);
        assert.equal(new Set(ids).size, all.length, 'a span is sent twice');
        for (const { name, traceId, parentSpanId } of all) {
          if (!parentSpanId) continue;
          assert.ok(
            ids.includes(`${traceId} ${parentSpanId}`),
            `nobody sends the parent of ${name}`,
          );
        }
      });
    }

    it(`of ${scenario.what}, to another backend, is whole without the SDK`, async () => {
      const { ours } = await sentBy(scenario, true, { foreign: 'send' });
      assert.equal(namesOf(ours), scenario.ours[1]);
      const ids = new Set(ours.map(({ spanId }) => spanId));
      assert.equal(ids.size, ours.length);
      for (const { parentSpanId } of ours) if (parentSpanId) assert.ok(ids.has(parentSpanId));
    });
  }

  /** A span of each kind, status and error, as apps and instrumentations make them. */
  const VARIANTS: Readonly<Record<string, (spans: Spans) => Promise<unknown>>> = {
    ...Object.fromEntries(
      [
        SpanKind.INTERNAL,
        SpanKind.SERVER,
        SpanKind.CLIENT,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
      ].map((kind) => [
        `the kind ${SpanKind[kind]}`,
        (spans: Spans) => spans.around('work', () => {}, { kind }),
      ]),
    ),
    'a model call of the kind INTERNAL': (spans) =>
      spans.around('work', () => {}, { attributes: CHAT }),
    'a database of the kind CLIENT': (spans) =>
      spans.around('work', () => {}, {
        kind: SpanKind.CLIENT,
        attributes: { 'db.system.name': 'redis' },
      }),
    'the status OK': (spans) =>
      spans.around('work', (span) => span.setStatus({ code: SpanStatusCode.OK })),
    'the status ERROR alone': (spans) =>
      spans.around('work', (span) => span.setStatus({ code: SpanStatusCode.ERROR })),
    'the status ERROR with a message': (spans) =>
      spans.around('work', (span) =>
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'no drills' }),
      ),
    'an HTTP status as its error': (spans) =>
      spans.around('work', (span) => span.setStatus({ code: SpanStatusCode.ERROR }), {
        kind: SpanKind.CLIENT,
        attributes: { ...GET, 'error.type': '404' },
      }),
    'an HTTP status without an error': (spans) =>
      spans.around('work', () => {}, { kind: SpanKind.CLIENT, attributes: GET }),
    'a request that was served': (spans) =>
      spans.around('HTTP /chat', () => {}, { kind: SpanKind.SERVER, attributes: SERVED }),
    'an error type': (spans) =>
      spans.around('work', (span) => span.setStatus({ code: SpanStatusCode.ERROR }), {
        attributes: { 'error.type': 'timeout' },
      }),
    'an exception': (spans) =>
      spans.around('work', (span) => {
        span.recordException(new RangeError('too far'));
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'too far' });
      }),
    'links, some with attributes': (spans) =>
      spans.around('work', () => {}, {
        links: [
          { context: ELSEWHERE, attributes: { queue: 'orders', tries: 3, isLate: true } },
          { context: { ...ELSEWHERE, spanId: '4'.repeat(16) } },
        ],
      }),
  };

  for (const [what, run] of Object.entries(VARIANTS)) {
    for (const protocol of ['http/protobuf', 'http/json'] as const) {
      it(`is the same span if otelExport() sends it by ${protocol}: ${what}`, async () => {
        const scenario = {
          what,
          run: ({ spans, tracer }: { spans: Spans; tracer: Tracer }) =>
            inTrace(tracer, () => run(spans)),
        };
        const { finished, ours } = await sentBy(scenario, true, { foreign: 'send', protocol });
        const [, resent] = ours;
        const [own] = finished;
        assert.ok(own !== undefined && resent !== undefined);
        assert.equal(resent.spanId, own.spanContext().spanId);
        // The numbers of OTLP are greater by one.
        assert.equal(resent.kind, own.kind + 1);
        assert.equal(resent.status.code ?? 0, own.status.code);
        assert.equal(resent.status.message || undefined, own.status.message);
        const eventsOf = ({ events }: { readonly events: readonly { name: string }[] }) =>
          events.map(({ name }) => name);
        assert.deepEqual(eventsOf(resent), eventsOf(own));
        if (own.events.length === 0) {
          assert.equal(resent.attributes['error.type'], own.attributes['error.type']);
        }
        for (const name of Object.keys(SERVED)) {
          if (own.kind !== SpanKind.SERVER) continue;
          assert.equal(resent.attributes[name], own.attributes[name], name);
        }
        // The first leads to the span itself, which the SDK has in another trace.
        const [itself, ...links] = resent.links;
        assert.equal(itself?.spanId, resent.spanId);
        assert.deepEqual(
          links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes })),
          own.links.map(({ context: { traceId, spanId }, attributes = {} }) => ({
            traceId,
            spanId,
            attributes,
          })),
        );
      });
    }
  }
});
