/** The app as it runs, with a trace server beside it. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/koa';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { type ChatModel, connectModel, createApp, Library } from 'example-koa-agent';

export interface RunningDesk extends AsyncDisposable {
  readonly url: string;
  readonly traces: LocalServer;
  /** Says something in a session, with the inference ID as request id. */
  say(text: unknown, who: Speaker): Promise<Response>;
}

export interface Speaker {
  readonly user?: string;
  readonly session?: string;
  readonly inferenceId: string;
}

export async function runDesk(change: Partial<ChatModel> = {}): Promise<RunningDesk> {
  const traces = await startLocalServer();
  const tracer = createTracer({
    apiKey: 'test',
    inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
    baseUrl: traces.url,
    publish: true,
    batch: { maxDelayMs: 0 },
  });
  const model = await connectModel({});
  const app = createApp({ ...model, ...change, library: new Library(), tracer });
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
