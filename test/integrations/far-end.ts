/** A provider's server of one answer, and the steps that clients record of it. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { rowsOf } from './stage.ts';

/** What the server says to a request. */
export type Reply = (res: ServerResponse, req: IncomingMessage, body: string) => void;

export interface FarEnd {
  readonly reply: Reply;
  /** Whether it speaks HTTP/2 alone, as AWS's client for Bedrock does. @default false */
  readonly isHttp2?: boolean;
}

/** The steps of the traces that `call` makes at a server that replies so; what it throws is not passed on. */
export async function stepsOf(
  farEnd: Reply | FarEnd,
  call: (url: string) => Promise<unknown>,
  expected = 1,
): Promise<readonly WireStep[]> {
  const { reply, isHttp2 = false } = typeof farEnd === 'function' ? { reply: farEnd } : farEnd;
  const listen = (req: IncomingMessage, res: ServerResponse) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => reply(res, req, Buffer.concat(chunks).toString('utf8')));
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = isHttp2
    ? createHttp2Server((req, res) =>
        listen(req as unknown as IncomingMessage, res as unknown as ServerResponse),
      ).on('session', (session) => sessions.add(session))
    : createServer(listen);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  using captured = captureTraces();
  try {
    await call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).catch(() => {});
    return (await rowsOf(captured, expected)).flatMap(({ steps }) => steps);
  } finally {
    for (const session of sessions) session.destroy();
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
}

/** The one step of it. */
export async function stepOf(
  farEnd: Reply | FarEnd,
  call: (url: string) => Promise<unknown>,
): Promise<WireStep> {
  const [step] = await stepsOf(farEnd, call);
  if (step === undefined) throw new Error('no step was recorded');
  return step;
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return (res) => {
    res.writeHead(200, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify(body));
  };
}

/** Server-sent events, named by their type. */
export function sse(events: readonly { readonly type: string }[]): Reply {
  return (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    res.end();
  };
}

export async function drain(items: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _item of items ?? []);
}

/** Frames of Amazon's event streams. */
export function frames(bytes: readonly Buffer[]): Reply {
  return (res) => {
    res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    for (const frame of bytes) res.write(frame);
    res.end();
  };
}
