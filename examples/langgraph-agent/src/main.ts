/** Serves the agent until Ctrl-C: `PORT=3000 npm start -w example-langgraph-agent`. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { shutdown } from '@openlayer-tracing/express';
import { createApp } from './app.js';
import { connectModel } from './model.js';

const connected = await connectModel();
const server = createApp(connected).listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Ask the workshop at ${url}:

  curl ${url}/ask -H 'content-type: application/json' -d '{ "question": "When is the kiln fired?" }'
`);
});

async function close(): Promise<void> {
  // Answers that are under way still need the model.
  await once(server.close(), 'close');
  await shutdown();
  await connected[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
