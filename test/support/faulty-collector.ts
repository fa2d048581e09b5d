/**
 * A platform that misbehaves: on the connection, which it is given before the HTTP server is, on a request before its body is
 * read, on a call that came whole, and behind the rows that it has taken.
 */

import assert from 'node:assert/strict';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { freePort } from './free-port.ts';
import { LOOPBACK } from './loopback.ts';
import { violations } from './wire/validate.ts';

/** One call that arrived whole. */
export interface Arrival {
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
  readonly apiKey: string;
  readonly bytes: number;
  readonly method: string;
  readonly path: string;
  readonly body: DataStreamRequest;
  readonly ids: readonly string[];
}

/** What goes wrong. Return true where the connection, the request or the call is dealt with. Each `n` is from 0. */
export interface Fault {
  readonly connection?: (socket: Socket, n: number) => boolean;
  /** Before the body is read. */
  readonly request?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Before the rows are taken. */
  readonly call?: (response: ServerResponse, arrival: Arrival, n: number) => boolean;
  /** Behind that. */
  readonly taken?: (response: ServerResponse, arrival: Arrival, n: number) => boolean;
}

export interface FaultyCollectorOptions {
  readonly host?: string;
  /** @default one that is free */
  readonly port?: number;
  /** Certificate, key and what else there is to say of TLS, where it is spoken. */
  readonly tls?: TlsOptions | undefined;
  /** Whether bodies are held to the contract. @default true */
  readonly isChecked?: boolean;
  /** Takes what violates the contract; by default that fails the test once the collector is disposed of. */
  readonly onViolations?: (found: readonly string[]) => void;
  /** Whether `arrivals` and `taken` are kept. @default true */
  readonly remembers?: boolean;
}

export interface FaultyCollector extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly connections: number;
  readonly open: number;
  readonly arrivals: readonly Arrival[];
  /** How often each row was taken, by its inference ID. */
  readonly taken: ReadonlyMap<string, number>;
  /** Resolves once so many different rows were taken. */
  takes(n: number): Promise<void>;
  /** Closes the port and every connection. */
  down(): Promise<void>;
  /** Reads on at connections that were left unread: only then does a server see who has gone. */
  drain(): void;
  /** Opens the same port again. */
  up(): Promise<void>;
}

export async function startFaultyCollector(
  fault: Fault = {},
  options: FaultyCollectorOptions = {},
): Promise<FaultyCollector> {
  const { host = LOOPBACK, tls, remembers = true, isChecked = true } = options;
  const arrivals: Arrival[] = [];
  const taken = new Map<string, number>();
  const found: string[] = [];
  const { onViolations = (each) => void found.push(...each) } = options;
  const sockets = new Set<Socket>();
  let connections = 0;
  let calls = 0;
  let waiting: (() => void)[] = [];

  const listener: RequestListener = async (request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    if (fault.request?.(request, response) === true) return;
    const body = await bodyOf(request);
    if (body === undefined) return;
    const arrival = arrivalOf(request, body);
    if (arrival === undefined) {
      onViolations([`${request.method} ${request.url}: the body is not JSON: ${body}`]);
      response.writeHead(400).end('{"error":"the body is not JSON"}');
      return;
    }
    if (isChecked && arrival.path.endsWith('/data-stream')) {
      const violated = violations(arrival.body);
      if (violated.length > 0) onViolations(violated);
    }
    const n = calls++;
    if (remembers) arrivals.push(arrival);
    if (fault.call?.(response, arrival, n) === true) return;
    if (remembers) for (const id of arrival.ids) taken.set(id, (taken.get(id) ?? 0) + 1);
    if (fault.taken?.(response, arrival, n) !== true) {
      response.setHeader('Content-Type', 'application/json');
      response.end('{"success":true}');
    }
    for (const look of waiting) look();
  };
  const http = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  http.keepAliveTimeout = 60_000;
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const n = connections++;
    if (fault.connection?.(socket, n) !== true) http.emit('connection', socket);
  };
  let server: Server;
  const { port = await freePort(host) } = options;
  const up = () =>
    new Promise<void>((resolve, reject) => {
      server = createServer(accept);
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  const down = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await up();

  return {
    url: `http${tls === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}/v1`,
    port,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    arrivals,
    taken,
    takes(n) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${taken.size} of ${n} rows arrived within 15 s`)),
          15_000,
        );
        const look = () => {
          if (taken.size < n) return;
          clearTimeout(timer);
          waiting = waiting.filter((other) => other !== look);
          resolve();
        };
        waiting.push(look);
        look();
      });
    },
    drain() {
      for (const socket of sockets) socket.resume();
    },
    down,
    up,
    async [Symbol.asyncDispose]() {
      await down();
      assert.deepEqual(found, []);
    },
  };
}

/** The body, or undefined where the client left first. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

/** Undefined where the body is not JSON. */
function arrivalOf(request: IncomingMessage, bytes: Buffer): Arrival | undefined {
  const text = bytes.toString('utf8');
  let body: DataStreamRequest;
  try {
    // What asks for a row has no body, and what updates one has no rows.
    body = JSON.parse(text === '' ? '{}' : text) as DataStreamRequest;
  } catch {
    return undefined;
  }
  const rows = body.rows as DataStreamRequest['rows'] | undefined;
  return {
    at: performance.now(),
    method: request.method ?? '',
    path: request.url ?? '',
    apiKey: request.headers.authorization?.replace('Bearer ', '') ?? '',
    bytes: bytes.byteLength,
    body,
    ids: rows?.map((row) => row.inferenceId) ?? [],
  };
}
