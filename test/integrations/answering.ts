/** A provider that answers as a test says, and the steps that its client's calls became. */

import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';

export interface RequestContent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Parsed where it is JSON, else its text. */
  readonly body: unknown;
}

/** JSON, a list of events, lines of JSON, or bytes of a media type. */
export type Reply =
  | { readonly json: unknown; readonly status?: number }
  | { readonly events: readonly (object | string)[]; readonly named?: boolean }
  | { readonly lines: readonly object[] }
  | { readonly bytes: Uint8Array; readonly type: string };

/** Runs calls against a provider that answers so. @returns what they were asked with and their steps, oldest first */
export async function stepsOfCalls(
  reply: Reply | ((asked: RequestContent) => Reply),
  calls: (url: string) => unknown,
  options: Parameters<typeof captureTraces>[0] = {},
): Promise<{ readonly steps: readonly WireStep[]; readonly asked: readonly RequestContent[] }> {
  const asked: RequestContent[] = [];
  const server = createServer(async (req, res) => {
    // Some clients return the headers: those of two calls are the same within one second only.
    res.sendDate = false;
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const request = { method: req.method ?? '', path: req.url ?? '', body: parsed(body) };
    asked.push(request);
    const said = typeof reply === 'function' ? reply(request) : reply;
    if ('json' in said) {
      res.writeHead(said.status ?? 200, { 'content-type': 'application/json' });
      res.end(JSON.stringify(said.json));
    } else if ('events' in said) {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of said.events) {
        const name = (event as { event?: string }).event;
        res.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${textOf(event)}\n\n`);
      }
      res.end();
    } else if ('lines' in said) {
      res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      res.end(said.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    } else {
      res.writeHead(200, { 'content-type': said.type });
      res.end(said.bytes);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  using captured = captureTraces(options);
  try {
    await calls(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const rows = await captured.rows();
    return { steps: rows.flatMap((row: WireRow) => row.steps), asked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The only step of one call, which may fail. */
export async function stepOfCall(
  reply: Reply | ((asked: RequestContent) => Reply),
  call: (url: string) => unknown,
): Promise<WireStep> {
  const { steps } = await stepsOfCalls(reply, async (url) => {
    try {
      await call(url);
    } catch {
      // What the client makes of it is its own.
    }
  });
  const [step, ...others] = steps;
  if (step === undefined || others.length > 0) throw new Error(`${steps.length} steps, not one`);
  return step;
}

/** A server whose responses stay open. */
export async function openServer(respond: (res: ServerResponse) => unknown) {
  const server = createServer((_req, res) => void respond(res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Reads a stream to its end. */
export async function read(stream: AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>) {
  for await (const _ of await stream);
}

function textOf(event: object | string): string {
  if (typeof event === 'string') return event;
  const { event: _, ...data } = event as { event?: string };
  return JSON.stringify(data);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
