/**
 * An app with the SDK of OpenTelemetry and our span processor, in a process of its own: `node lab.cjs FILE CASE`. Runs where the
 * packages are installed. Prints what the case returns as JSON.
 */

const { once } = require('node:events');

const [, , file, name] = process.argv;
const { SDK = '2', COLLECTOR_URL, INSTRUMENTATIONS = '', TRACED = 'yes' } = process.env;

const api = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const sdk = require(SDK === '2' ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { openlayerSpanProcessor } = require('@openlayer-tracing/otel');

const MADE = require('./instrumentations.cjs');
const settings = require(`./${file}.cjs`)[name];
const memory = new sdk.InMemorySpanExporter();

/** Keeps the spans that ended, as the processor of an app's own exporter does. */
const keeper = {
  onStart() {},
  onEnd: (span) => memory.export([span], () => {}),
  forceFlush: async () => {},
  shutdown: async () => {},
};

const processors = settings.processors?.({ openlayerSpanProcessor }) ?? [
  ...(TRACED === 'yes' ? [openlayerSpanProcessor(settings.options)] : []),
];
const provider =
  settings.provider?.({ sdk, api, processors: [...processors, keeper] }) ?? newProvider();

function newProvider() {
  const Provider = sdk.BasicTracerProvider ?? sdk.TracerProvider;
  return new Provider({
    spanProcessors: [...processors, keeper],
    sampler: settings.sampler?.(sdk),
  });
}

if (settings.isRegistered !== false) {
  api.trace.setGlobalTracerProvider(provider);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

const wanted = [...(settings.instrumentations ?? []), ...INSTRUMENTATIONS.split(',')].filter(
  Boolean,
);
registerInstrumentations({
  tracerProvider: provider,
  instrumentations: wanted.map((each) => MADE[each]()),
});

// Loaded after the instrumentations, which patch what is loaded after them.
const core = require('@openlayer-tracing/core');
const { openlayerTracing } = require('@openlayer-tracing/express');
const express = require('express');

const diagnostics = [];
const tracer = core.createTracer({
  apiKey: 'test-key',
  inferencePipelineId: process.env.PIPELINE,
  baseUrl: COLLECTOR_URL,
  batch: { maxDelayMs: 5 },
  onDiagnostic: ({ level, reason, message }) => diagnostics.push({ level, reason, message }),
  ...settings.tracer,
});
core.configure({
  apiKey: 'test-key',
  inferencePipelineId: process.env.PIPELINE,
  baseUrl: COLLECTOR_URL,
  batch: { maxDelayMs: 5 },
  onDiagnostic: ({ level, reason, message }) => diagnostics.push({ level, reason, message }),
});

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts an app that is traced. */
async function serve(routes, options = {}) {
  const app = express();
  app.use(express.json());
  app.use(openlayerTracing({ tracer, ...options }));
  routes(app);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, server };
}

/** A span as it is compared. */
function plain(span) {
  const { traceId, spanId } = span.spanContext();
  const scope = (span.instrumentationScope ?? span.instrumentationLibrary).name;
  const parent = span.parentSpanContext?.spanId;
  return { name: span.name, kind: span.kind, traceId, spanId, parent, scope };
}

/** A request whose sender is not instrumented. */
function ask(url, { method = 'GET', headers = {}, body } = {}) {
  const { connect } = require('node:net');
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const lines = [
      `${method} ${pathname}${search} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      'connection: close',
      ...(text === '' ? [] : ['content-type: application/json']),
      `content-length: ${Buffer.byteLength(text)}`,
      ...Object.entries(headers).flatMap(([key, value]) =>
        [value].flat().map((each) => `${key}: ${each}`),
      ),
    ];
    const socket = connect(Number(port), hostname, () =>
      socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`),
    );
    let received = '';
    socket.setEncoding('utf8').on('data', (piece) => {
      received += piece;
    });
    socket.on('end', () => resolve(received.slice(received.indexOf('\r\n\r\n') + 4)));
    socket.on('error', reject);
  });
}

async function main() {
  const lab = {
    api,
    sdk,
    core,
    provider,
    otel: api.trace.getTracer('app'),
    tracer,
    serve,
    ask,
    pause,
    express,
    openlayerTracing,
    openlayerSpanProcessor,
    llm: process.env.LLM_URL,
    spans: () => memory.getFinishedSpans().map(plain),
  };
  const seen = await settings.run(lab);
  await pause(settings.waitMs ?? 30);
  await tracer.flush();
  await core.flush();
  const result = {
    seen,
    spans: lab.spans(),
    diagnostics,
    counts: tracer.stats(),
    unhandled,
  };
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
