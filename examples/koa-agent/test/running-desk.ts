/** Starts the app and a local trace server. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/koa';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { createApp, Library } from 'example-koa-agent';
import { connectModel, type Model } from 'example-local-model';

export interface RunningDesk extends AsyncDisposable {
  readonly url: string;
  readonly traces: LocalServer;
  /** Posts a message to a session. The request id becomes the inference ID. */
  say(text: unknown, who: Speaker): Promise<Response>;
}

export interface Speaker {
  readonly user?: string;
  readonly session?: string;
  readonly inferenceId: string;
}

export async function runDesk(change: Partial<Model> = {}): Promise<RunningDesk> {
  const traces = await startLocalServer();
  const tracer = createTracer({
    apiKey: 'test',
    inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
    baseUrl: traces.url,
    publish: true,
    batch: { maxDelayMs: 0 },
  });
  const model = await connectModel({});
  const app = createApp({ model: { ...model, ...change }, library: new Library(), tracer });
  const server = app.listen(0);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    traces,
    say: (text, { user = 'ada', session = 'monday', inferenceId }) =>
      fetch(`${url}/sessions/${session}/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-user': user,
          'x-request-id': inferenceId,
        },
        body: JSON.stringify({ text }),
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
