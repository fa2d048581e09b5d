/** A platform that misbehaves below HTTP as well: it sees each connection before the HTTP server does. */

import assert from 'node:assert/strict';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { LOOPBACK } from '../../support/loopback.ts';
import { violations } from '../../support/wire/validate.ts';

/** One call that arrived whole. */
export interface Arrival {
  /** Milliseconds on the monotonic clock. */
  readonly at: number;
  readonly apiKey: string;
  readonly bytes: number;
  readonly body: DataStreamRequest;
  readonly ids: readonly string[];
}

/** What goes wrong. Return true where the connection, or the call, is dealt with. */
export interface Fault {
  /** @param n from 0 */
  readonly connection?: (socket: Socket, n: number) => boolean;
  /** @param n from 0 */
  readonly call?: (response: ServerResponse, arrival: Arrival, n: number) => boolean;
}

export interface FaultServer extends AsyncDisposable {
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

export async function startFaultServer(fault: Fault = {}, host = LOOPBACK): Promise<FaultServer> {
  const arrivals: Arrival[] = [];
  const taken = new Map<string, number>();
  const found: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let waiting: (() => void)[] = [];

  const http = createHttpServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const body = await bodyOf(request);
    if (body === undefined) return;
    const arrival = arrivalOf(request, body);
    found.push(...violations(arrival.body));
    const n = arrivals.push(arrival) - 1;
    if (fault.call?.(response, arrival, n) === true) return;
    for (const id of arrival.ids) taken.set(id, (taken.get(id) ?? 0) + 1);
    response.setHeader('Content-Type', 'application/json');
    response.end('{"success":true}');
    for (const look of waiting) look();
  });
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const n = connections++;
    if (fault.connection?.(socket, n) !== true) http.emit('connection', socket);
  };
  let server: Server;
  let port = 0;
  const up = () =>
    new Promise<void>((resolve, reject) => {
      server = createServer(accept);
      server.once('error', reject);
      server.listen(port, host, () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const down = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await up();

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`,
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

function arrivalOf(request: IncomingMessage, bytes: Buffer): Arrival {
  const body = JSON.parse(bytes.toString('utf8')) as DataStreamRequest;
  return {
    at: performance.now(),
    apiKey: request.headers.authorization?.replace('Bearer ', '') ?? '',
    bytes: bytes.byteLength,
    body,
    ids: body.rows.map((row) => row.inferenceId),
  };
}
