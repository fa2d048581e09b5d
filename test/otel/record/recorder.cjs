/**
 * Runs one scenario with the SDK of OpenTelemetry, and prints the spans that it made as JSON. Runs in the folder with the packages:
 * `node recorder.cjs scenario`, with the address of the model server in LLM_URL.
 */

const { context, metrics, propagation, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];
const CODES = ['unset', 'ok', 'error'];

const [, , name] = process.argv;
const { LLM_URL: url } = process.env;

// SDK 3 has another package, with other names and constructors.
const sdk = require(
  name.endsWith('-sdk-3') ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base',
);
const Provider = sdk.TracerProvider ?? sdk.BasicTracerProvider;

const ended = [];
const processor = {
  onStart() {},
  onEnd: (span) => ended.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const provider = new Provider({ spanProcessors: [processor] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Swallows the error of a call that is meant to fail. */
async function failing(call) {
  try {
    await call();
  } catch {
    return;
  }
  throw new Error(`a call of ${name} should have failed`);
}

/** Sets up an instrumentation of OpenTelemetry; modules that it patches are loaded after it. */
function instrument(instrumentation) {
  instrumentation.setTracerProvider(provider);
  instrumentation.setMeterProvider(metrics.getMeterProvider());
  instrumentation.enable();
  return instrumentation;
}

async function main() {
  const scenario = require(`./scenarios/${name}.cjs`);
  const versions = Object.fromEntries(
    scenario.packages.map((each) => [each, require(`./node_modules/${each}/package.json`).version]),
  );
  await scenario.run({ url, failing, instrument, pause, provider, tracer: trace.getTracer('app') });
  await pause(50);
  await provider.forceFlush();
  const spans = ended.map(plainSpan);
  process.stdout.write(JSON.stringify({ versions, spans }), () => process.exit(0));
}

function plainSpan(span) {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: KINDS[span.kind],
    startMs: millis(span.startTime),
    endMs: millis(span.endTime),
    attributes: span.attributes,
    events: span.events.map(({ name: event, time, attributes = {} }) => ({
      name: event,
      timeMs: millis(time),
      attributes,
    })),
    links: span.links.map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      attributes: link.attributes,
    })),
    status: { code: CODES[span.status.code], message: span.status.message },
    resource: {},
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version },
  };
}

function millis([seconds, nanos]) {
  return seconds * 1000 + nanos / 1e6;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
