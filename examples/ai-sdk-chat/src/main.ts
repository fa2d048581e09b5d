/** Serves the chat until Ctrl-C: `PORT=3000 npm start -w example-ai-sdk-chat`. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { shutdown } from '@openlayer-tracing/express';
import { connectModel } from 'example-local-model';
import { createApp } from './app.js';

const model = await connectModel();
const server = createApp({ model }).listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Ask the workshop at ${url}:

  curl ${url}/chat -H 'content-type: application/json' -d '{ "question": "When is the kiln fired?" }'
`);
});

async function close(): Promise<void> {
  // Open requests still need the model.
  await once(server.close(), 'close');
  await shutdown();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
