/**
 * An app with OpenTelemetry's SDK and its instrumentations of node:http and undici, whose tracer publishes to the platform and to
 * several exports. Prints the spans that the instrumentations made, each as its scope and URL, as JSON. Arguments: the ports of the
 * platform and of the backend, and a folder in which OpenTelemetry's packages are found.
 */

const { createRequire } = require('node:module');
const { join } = require('node:path');

const [, , platformPort, backendPort, folder] = process.argv;
const otel = createRequire(join(folder, 'app.cjs'));

const { context, trace } = otel('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = otel('@opentelemetry/context-async-hooks');
const { registerInstrumentations } = otel('@opentelemetry/instrumentation');
const { HttpInstrumentation } = otel('@opentelemetry/instrumentation-http');
const { UndiciInstrumentation } = otel('@opentelemetry/instrumentation-undici');
const sdk = otel(process.env.OTEL_SDK ?? '@opentelemetry/sdk-trace-base');

const backend = `http://127.0.0.1:${backendPort}`;

const spans = [];
// Not the SDK's own processors, whose constructors differ between the versions.
const processor = {
  onStart() {},
  onEnd: (span) => spans.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const Provider = sdk.TracerProvider ?? sdk.BasicTracerProvider;
const provider = new Provider({
  spanProcessors: [processor],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
});

const http = require('node:http');
const { OTLPTraceExporter } = otel('@opentelemetry/exporter-trace-otlp-proto');
const { createTracer } = require('@openlayer-tracing/core');
const { otelExport } = require('@openlayer-tracing/otel');

/** Sends by fetch, which the undici instrumentation sees. */
const fetching = {
  export(_spans, done) {
    fetch(`${backend}/fetched`, { method: 'POST', body: 'spans' }).then(
      () => done({ code: 0 }),
      (error) => done({ code: 1, error }),
    );
  },
  shutdown: async () => {},
};

const get = (url) =>
  new Promise((resolve, reject) => {
    http.get(url, (res) => res.resume().on('end', resolve)).on('error', reject);
  });

async function main() {
  const tracer = createTracer({
    apiKey: 'key',
    inferencePipelineId: 'pipeline',
    baseUrl: `http://127.0.0.1:${platformPort}/v1`,
    exports: [
      otelExport({ url: `${backend}/own` }),
      otelExport({
        name: 'official',
        exporter: new OTLPTraceExporter({ url: `${backend}/official` }),
      }),
      otelExport({ name: 'fetching', exporter: fetching }),
    ],
  });
  await trace.getTracer('app').startActiveSpan('work', async (span) => {
    for (let i = 0; i < 3; i++) {
      tracer.startTrace({ name: 'a', inferenceId: `id-${i}` }).end();
      await tracer.flush();
    }
    await tracer.feedback('id-0', { value: 1 }).catch(() => {});
    // The instrumentations work: the app's own requests are spans.
    await get(`${backend}/app-http`);
    await (await fetch(`${backend}/app-fetch`)).text();
    span.end();
  });
  const { published, exports } = tracer.stats();
  await tracer.shutdown();
  const made = spans.map(({ instrumentationScope, attributes, name }) => {
    const url = attributes['url.full'] ?? attributes['http.url'] ?? name;
    return [instrumentationScope.name, String(url).replace(/^http:\/\/[^/]+/, '')];
  });
  const counts = Object.values(exports).map((each) => each.published);
  console.log(JSON.stringify({ published: [published, ...counts], made }));
}

main();
