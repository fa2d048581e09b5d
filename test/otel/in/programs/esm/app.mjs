/** An app of ES modules. Prints what it saw of each call as JSON, when all are done. */

import { once } from 'node:events';
import { configure, getTracer, openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';

const { CLIENTS = '', LLM_URL, COLLECTOR_URL, PIPELINE } = process.env;

const diagnostics = [];
configure({
  apiKey: 'test-key',
  inferencePipelineId: PIPELINE,
  baseUrl: COLLECTOR_URL,
  batch: { maxDelayMs: 5 },
  onDiagnostic: ({ reason, message }) => diagnostics.push(`${reason}: ${message}`),
});

const calls = {};
for (const client of CLIENTS.split(',')) {
  const { callsOf } = await import(`./${client}.mjs`);
  for (const [name, call] of Object.entries(callsOf(LLM_URL))) calls[`${client}, ${name}`] = call;
}

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));

const seen = {};
const app = express();
app.use(express.json());
app.use(openlayerTracing());
app.post('/call', async (req, res) => {
  const { name } = req.body;
  try {
    seen[name] = await calls[name]();
  } catch (error) {
    seen[name] = `${error.constructor.name} ${error.status ?? error.statusCode ?? ''}`;
  }
  res.json({});
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/call`;
for (const name of Object.keys(calls)) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ name }) });
  await response.text();
}
server.close();
while (getTracer().stats().open > 0) await new Promise((resolve) => setTimeout(resolve, 20));
await getTracer().flush();
const { started, published } = getTracer().stats();
const scopes = [...(globalThis.scopesOfSpans ?? [])].sort();
const result = { seen, diagnostics, unhandled, started, published, scopes };
process.stdout.write(JSON.stringify(result), () => process.exit(0));
