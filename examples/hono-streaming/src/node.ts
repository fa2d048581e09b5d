/** Serves the chat on Node until Ctrl-C: `PORT=3000 npm start -w example-hono-streaming`. */

import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { shutdown } from '@openlayer-tracing/hono';
import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { greeting } from './greeting.js';

const model = await connectModel();
const { fetch } = createApp({ model });
const server = serve({ fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) =>
  console.log(greeting(port, model.name)),
);

async function close(): Promise<void> {
  // Open requests still need the model.
  await once(server.close(), 'close');
  await shutdown();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
