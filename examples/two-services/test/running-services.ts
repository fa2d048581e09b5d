/** Starts both services, each with its own tracer, and a local trace server. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createTracer, type LogFields, logFields, type WireRow } from '@openlayer-tracing/express';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { connectModel, type Model } from 'example-local-model';
import { createAnswers, createFront } from 'example-two-services';

/** A request that one of the services sends, and the ids of the code that sends it. */
export interface SentRequest extends LogFields {
  readonly path: string;
}

export interface RunningServices extends AsyncDisposable {
  readonly traces: LocalServer;
  readonly sent: readonly SentRequest[];
  /** Asks the front service. The request id becomes the inference ID. */
  ask(inferenceId: string, question: unknown, options?: RequestInit): Promise<Response>;
  /** Waits until one of the services sends a request whose path ends with `pathEnd`. */
  whenSent(pathEnd: string): Promise<void>;
  /** The rows of both services, by the inference ID of the front service's row. */
  rowsOf(inferenceId: string): [front: WireRow | undefined, answers: WireRow | undefined];
  stopAnswers(): Promise<void>;
}

export async function runServices(change: Partial<Model> = {}): Promise<RunningServices> {
  const traces = await startLocalServer();
  const tracers = [1, 2].map(() =>
    createTracer({
      apiKey: 'test',
      inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
      baseUrl: traces.url,
      publish: true,
      batch: { maxDelayMs: 0 },
    }),
  );
  const model = await connectModel({});
  const answersApp = createAnswers({ model: { ...model, ...change }, tracer: tracers[1] });
  const answers = createAdaptorServer({ fetch: answersApp.fetch }) as Server;
  const answersUrl = await listen(answers);
  const front = createFront({ answersUrl, tracer: tracers[0] as (typeof tracers)[number] });
  const frontServer = front.listen(0);
  const url = await listen(frontServer);

  const sent: SentRequest[] = [];
  const requests = new EventEmitter();
  function onRequest(message: unknown): void {
    const { path } = (message as { request: { path: string } }).request;
    sent.push({ path, ...logFields() });
    requests.emit('sent');
  }
  subscribe('undici:request:create', onRequest);

  return {
    traces,
    sent,
    ask: (inferenceId, question, { headers, ...options } = {}) =>
      fetch(`${url}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': inferenceId, ...headers },
        body: JSON.stringify({ question, user: 'ada' }),
        ...options,
      }),
    async whenSent(pathEnd) {
      while (!sent.some(({ path }) => path.endsWith(pathEnd))) await once(requests, 'sent');
    },
    rowsOf(inferenceId) {
      const outer = traces.row(inferenceId);
      const isInner = (row: WireRow) =>
        row.inferenceId !== inferenceId && row.trace_id === outer?.trace_id;
      return [outer, traces.rows().find(isInner)];
    },
    async stopAnswers() {
      answers.closeAllConnections();
      await once(answers.close(), 'close');
    },
    async [Symbol.asyncDispose]() {
      unsubscribe('undici:request:create', onRequest);
      for (const server of [frontServer, answers]) {
        server.closeAllConnections();
        server.close();
      }
      await Promise.all(tracers.map((tracer) => tracer.shutdown()));
      await model[Symbol.asyncDispose]();
      await traces.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  if (!server.listening) await once(server.listen(0), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
