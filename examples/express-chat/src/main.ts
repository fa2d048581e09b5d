/** Serves the chat until Ctrl-C: `PORT=3000 npm start -w example-express-chat`. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { shutdown } from '@openlayer-tracing/express';
import { connectModel } from 'example-local-model';
import { createApp } from './app.js';
import { readCorpus } from './corpus.js';
import { createRetriever } from './retriever.js';

const model = await connectModel();
const app = createApp({ model, retriever: createRetriever(await readCorpus()) });

const server = app.listen(Number(process.env.PORT ?? 3000), (error) => {
  if (error) throw error;
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  console.log(`Ask the library of Halden Bay on its page, ${url} (model ${model.name}), or by curl:

  curl ${url}/chat -H 'content-type: application/json' -H 'x-request-id: my-first-question' \\
    -d '{ "question": "Do I need a deposit to borrow a drill?", "user": "ada" }'

  curl -N ${url}/chat/stream -H 'content-type: application/json' \\
    -d '{ "question": "What does a late book cost per day?" }'

  curl -i ${url}/feedback -H 'content-type: application/json' \\
    -d '{ "inferenceId": "my-first-question", "helpful": true, "comment": "short and right" }'
`);
});

async function close(): Promise<void> {
  // Open requests still need the model.
  await once(server.close(), 'close');
  await shutdown();
  await model[Symbol.asyncDispose]();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
