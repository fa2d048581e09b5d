/**
 * Starts both services and a local trace server, asks one question and prints the trace of each service. Then serves
 * until Ctrl-C: `PORT=3000 npm start -w example-two-services`.
 *
 * In production each service is a process of its own, with `OPENLAYER_API_KEY` and the pipeline in its environment.
 */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createTracer, type WireRow } from '@openlayer-tracing/express';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { connectModel } from 'example-local-model';
import { createAnswers } from './answers/app.js';
import { createFront } from './front/app.js';

const traces = await startLocalServer();
const tracer = createTracer({
  apiKey: 'any',
  inferencePipelineId: 'a1f3c7de-5b21-4c0e-9d64-8e2f7b6a9c10',
  baseUrl: traces.url,
  publish: true,
});
const model = await connectModel();

const answers = createAdaptorServer({ fetch: createAnswers({ model, tracer }).fetch }) as Server;
const answersUrl = await listen(answers.listen(0));
const front = createFront({ answersUrl, tracer });
const frontServer = front.listen(Number(process.env.PORT ?? 3000));
const url = await listen(frontServer);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());

await fetch(`${url}/ask`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ question: 'What does a bicycle cost?', user: 'ada' }),
});
console.log('One question, two services, one trace id:\n');
// The second service responds first, so its row comes first.
for (const row of (await traces.waitForRows(2)).toReversed()) print(row);
traces.on('row', print);
console.log(`Ask another one, or see the traces at ${traces.viewerUrl}

  curl ${url}/ask -H 'content-type: application/json' -d '{ "question": "When is the first ferry on Sundays?" }'
`);

function print(row: WireRow): void {
  console.log(`trace id ${row.trace_id}\n${renderTrace(row, { color: process.stdout.isTTY })}\n`);
}

/** @returns the URL of a server that has begun to listen */
async function listen(server: Server): Promise<string> {
  await once(server, 'listening');
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function close(): Promise<void> {
  // Open requests still need the second service, which needs the model.
  await once(frontServer.close(), 'close');
  await once(answers.close(), 'close');
  await tracer.shutdown();
  await model[Symbol.asyncDispose]();
  await traces.close();
}
