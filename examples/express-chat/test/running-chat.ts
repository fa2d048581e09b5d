/** Starts the app and a local trace server. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { createApp, createRetriever, readCorpus } from 'example-express-chat';
import { connectModel } from 'example-local-model';

export interface RunningChat extends AsyncDisposable {
  readonly url: string;
  readonly traces: LocalServer;
  /** Posts JSON. The request id becomes the inference ID. */
  post(path: string, inferenceId: string, body: unknown, signal?: AbortSignal): Promise<Response>;
}

export async function runChat(): Promise<RunningChat> {
  const traces = await startLocalServer();
  const tracer = createTracer({
    apiKey: 'test',
    inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
    baseUrl: traces.url,
    publish: true,
    batch: { maxDelayMs: 0 },
  });
  const model = await connectModel({});
  const app = createApp({ model, retriever: createRetriever(await readCorpus()), tracer });
  const server = app.listen(0);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    traces,
    post: (path, inferenceId, body, signal) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': inferenceId },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal && { signal }),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await tracer.shutdown();
      await model[Symbol.asyncDispose]();
      await traces.close();
    },
  };
}
