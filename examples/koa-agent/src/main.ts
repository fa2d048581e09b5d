/** Serves the desk until Ctrl-C: `PORT=3000 npm start -w example-koa-agent`. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { shutdown } from '@openlayer-tracing/koa';
import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { Library } from './library.js';

const model = await connectModel();
const app = createApp({ model, library: new Library() });

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  const url = `http://localhost:${(server.address() as AddressInfo).port}/sessions/monday/messages`;
  console.log(`Ask the desk of the library of Halden Bay (model ${model.name}):

  curl ${url} -H 'content-type: application/json' -H 'x-user: ada' \\
    -H 'x-request-id: my-first-question' -d '{ "text": "What have I borrowed?" }'

  curl ${url} -H 'content-type: application/json' -H 'x-user: ada' \\
    -d '{ "text": "Please renew the loan of \\"Solaris\\"." }'

  curl ${url} -H 'x-user: ada'
`);
});

async function close(): Promise<void> {
  // Open requests still need the model.
  await once(server.close(), 'close');
  await shutdown();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
