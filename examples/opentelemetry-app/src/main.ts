/**
 * Serves the app until Ctrl-C: `PORT=3000 npm start -w example-opentelemetry-app`. With `OTEL_EXPORTER_OTLP_ENDPOINT`, traces go
 * there as well, as spans: to a Collector, or to the local server.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { otelExport } from '@openlayer-tracing/otel';
import { createApp } from './app.js';
import { connectModel } from './chat-model.js';
import { connectDatabase } from './database.js';
import { startWeather } from './weather.js';

// OpenTelemetry's SDK exports nothing here, so that the steps which were its spans have to be sent too.
const toBackend = () => otelExport({ foreign: 'send' });
const tracer = createTracer({
  exports: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ? [toBackend()] : [],
});
const model = await connectModel();
const { database, ...connected } = await connectDatabase();
const weather = await startWeather();
const app = createApp({
  ...model,
  database,
  weatherUrl: process.env.WEATHER_URL ?? weather.url,
  tracer,
});

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Ask about the huts of the Grey Peaks (model ${model.model}):

  curl ${url}/ask -H 'content-type: application/json' -d '{ "question": "Which hut has a stove?" }'
`);
});

async function close(): Promise<void> {
  // Requests that are under way still need what is closed after them.
  await once(server.close(), 'close');
  await tracer.shutdown();
  await weather[Symbol.asyncDispose]();
  await connected[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
