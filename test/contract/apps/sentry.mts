/** An app with Sentry, whose events get the ids of their requests. `SENTRY` is the major version. */

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { logFields, openlayerTracing } from '@openlayer-tracing/express';
import type * as SentryNode from '@sentry/node';
import express from 'express';

const Sentry = (await import(
  process.env.SENTRY === '10' ? 'sentry10' : '@sentry/node'
)) as typeof SentryNode;

const events: SentryNode.ErrorEvent[] = [];
Sentry.init({
  dsn: 'http://key@127.0.0.1:9/1',
  beforeSend(event) {
    events.push(event);
    return null;
  },
});
Sentry.getClient()?.on('preprocessEvent', (event) => {
  const { inference_id, trace_id } = logFields();
  if (inference_id === undefined) return;
  event.contexts = { ...event.contexts, openlayer: { inference_id, trace_id } };
  event.tags = { ...event.tags, inference_id, trace_id };
});

using traces = captureTraces();
const app = express();
app.use(openlayerTracing());
app.get('/:name', async (req, res) => {
  try {
    await req.trace.step('fails', () => Promise.reject(new Error(req.params.name)));
  } catch (error) {
    Sentry.captureException(error);
  }
  res.end();
});
const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address() as AddressInfo;
await Promise.all(
  ['a', 'b'].map(async (name) => {
    const headers = { 'x-request-id': `request-${name}` };
    await (await fetch(`http://127.0.0.1:${port}/${name}`, { headers })).text();
  }),
);
await new Promise((resolve) => server.close(resolve));
await Sentry.close(1000);
const rows = await traces.rows();
for (const event of events) {
  const id = `request-${event.exception?.values?.[0]?.value}`;
  const row = rows.find(({ inferenceId }) => inferenceId === id);
  assert.ok(row?.trace_id !== undefined);
  assert.deepEqual(event.contexts?.openlayer, { inference_id: id, trace_id: row.trace_id });
  assert.equal(event.tags?.inference_id, id);
}
console.log(`${events.length} events, each with the ids of its request`);
process.exit(0);
