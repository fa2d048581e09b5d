/**
 * Serves the app until Ctrl-C: `PORT=3000 npm start -w example-opentelemetry-app`. With `OTEL_EXPORTER_OTLP_ENDPOINT`, traces go
 * there as well, as spans: to a Collector, or to the local server.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { otelExport } from '@openlayer-tracing/otel';
import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { connectDatabase } from './database.js';
import { connectWeather } from './weather.js';

const tracer = createTracer({
  // `foreign: 'send'`, since OpenTelemetry's SDK exports nothing here: steps that were its spans are sent with the others.
  exports: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ? [otelExport({ foreign: 'send' })] : [],
});
const model = await connectModel();
const { database, ...connected } = await connectDatabase();
const weather = await connectWeather();
const app = createApp({ model, database, weatherUrl: weather.url, tracer });

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Ask about the huts of the Grey Peaks (model ${model.name}):

  curl ${url}/ask -H 'content-type: application/json' -d '{ "question": "Which hut has a stove?" }'
`);
});

async function close(): Promise<void> {
  // Open requests still need the services that are closed after the server.
  await once(server.close(), 'close');
  await tracer.shutdown();
  await weather[Symbol.asyncDispose]();
  await connected[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
