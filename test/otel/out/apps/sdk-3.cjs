/** Sends one row by exporters of SDK 3, and by this library. Arguments: the URL of the backend, the folder of the packages. */

const { createRequire } = require('node:module');
const { join } = require('node:path');
const { otelExport } = require('@openlayer-tracing/otel');

const [, , url, folder] = process.argv;
const otel = createRequire(join(folder, 'app.cjs'));
const { OTLPTraceExporter: Protobuf } = otel('@opentelemetry/exporter-trace-otlp-proto');
const { OTLPTraceExporter: Json } = otel('@opentelemetry/exporter-trace-otlp-http');
const { InMemorySpanExporter } = otel('@opentelemetry/sdk-trace');

const step = (id, name, type, steps = [], metadata = {}) => ({
  ...{ id, name, type, steps, metadata, inputs: null, output: null, groundTruth: null },
  ...{ startTime: 1790000000123, endTime: 1790000000130, latency: 7 },
});
const tool = step('e52a7274-c856-46f4-84ab-000000000001', 'search', 'tool');
const root = step('e52a7274-c856-46f4-84ab-000000000000', 'POST /chat', 'user_call', [tool], {
  http: { method: 'POST', status: 500 },
});
const row = { inferenceId: 'a', trace_id: '0af7651916cd43dd8448eb211c80319c', steps: [root] };

const send = (options) =>
  otelExport(options).transport.send(
    { layout: '{}', rows: [{ inferenceId: 'a', bytes: Buffer.from(JSON.stringify(row)) }] },
    {},
  );

async function main() {
  // Sends of ours do not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  const protobuf = new Protobuf({ url });
  const json = new Json({ url });
  const memory = new InMemorySpanExporter();
  const refused = await send({ exporter: protobuf }).catch(({ code }) => code);
  const results = {
    refused,
    protobuf: (await send({ exporter: protobuf })).delivered,
    json: (await send({ exporter: json })).delivered,
    own: (await send({ url })).delivered,
  };
  await send({ exporter: memory });
  const spans = memory
    .getFinishedSpans()
    .map(({ name, kind, status }) => [name, kind, status.code]);
  console.log(JSON.stringify({ ...results, memory: spans }));
  await Promise.all([protobuf.shutdown(), json.shutdown()]);
  clearInterval(alive);
}

main();
