/** Requests for a WebSocket that a server answers itself, past the response that its app returns. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { WebExchange } from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { environmentOf, nodeRequestOf } from './node-exchange.js';

export interface Upgrade {
  /** Whether the request's signal shows that the client has left, or that the socket has closed. */
  readonly hasSignal: boolean;
  /** What the app's response means, once it is there: any other is sent like that to any request. */
  answer(c: Context, exchange: WebExchange): 'accepted' | 'refused' | 'response';
  /** The status that went out, as far as it is known. */
  status(): number | undefined;
  /** Ends the exchange with the socket that the request came by, where that can be seen. */
  follow?(exchange: WebExchange): void;
}

/** Undefined for a request that asks for no WebSocket. */
export function upgradeOf(c: Context): Upgrade | undefined {
  const incoming = upgradeOnNode(c);
  if (incoming !== undefined) return new NodeUpgrade(incoming.socket);
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return undefined;
  const server = bunServerOf(c);
  return server === undefined ? webUpgrade : new BunUpgrade(server, c.req.raw);
}

/** A response of status 101 brings the socket. Deno aborts the signal of a request that it upgrades. */
const webUpgrade: Upgrade = {
  hasSignal: false,
  answer(c, exchange) {
    if (c.res.status !== 101 && c.req.raw.signal?.aborted === true) exchange.left();
    return 'response';
  },
  status: () => 101,
};

/** `@hono/node-ws` and `@hono/node-server` give the app Node's request, and no response. */
function upgradeOnNode(c: Context): IncomingMessage | undefined {
  const incoming = nodeRequestOf(c);
  if (incoming?.headers?.upgrade === undefined || environmentOf(c).outgoing !== undefined)
    return undefined;
  return typeof incoming.socket?.once === 'function' ? incoming : undefined;
}

class NodeUpgrade implements Upgrade {
  readonly hasSignal = false;
  readonly #socket: Socket;
  readonly #bytesBefore: number;
  #isOpened = false;
  /** Of a response that leaves it open what becomes of the request. */
  #status: number | undefined = undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#bytesBefore = socket.bytesWritten;
  }

  follow(exchange: WebExchange): void {
    if (this.#socket.destroyed) exchange.left();
    else this.#socket.once('close', () => this.#closed(exchange));
  }

  answer(c: Context): 'accepted' | 'refused' {
    // Where both servers' helpers leave word that a socket waits for the upgrade.
    const symbols = Object.getOwnPropertySymbols(environmentOf(c));
    if (symbols.some(({ description }) => description === 'CONNECTION_SYMBOL_KEY')) {
      return 'accepted';
    }
    const { status } = c.res;
    if (status >= 300) return 'refused';
    // A server that an app has written itself upgrades the socket now, or sends the response.
    this.#status = status;
    return 'accepted';
  }

  /** The server of the sockets may still refuse what the app has accepted. */
  status(): number | undefined {
    this.#isOpened ||= webSocketOn(this.#socket) !== undefined;
    return this.#isOpened ? 101 : this.#status;
  }

  #closed(exchange: WebExchange): void {
    try {
      const webSocket = webSocketOn(this.#socket);
      if (webSocket !== undefined) {
        this.#isOpened = true;
        webSocket.once('close', (code) => exchange.settle(outcomeOf(code)));
        return;
      }
    } catch {
      // It ends as a socket of which nothing is known.
    }
    // Without a byte of an answer, whatever the app has said of it.
    if (this.#socket.bytesWritten === this.#bytesBefore) exchange.settle('aborted');
    else exchange.left();
  }
}

interface NodeWebSocket {
  once(event: 'close', listener: (code: number) => void): void;
}

/** `ws` keeps its WebSocket at the socket, under a symbol, until its own listener of the socket's close has run. */
function webSocketOn(socket: Socket): NodeWebSocket | undefined {
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    if (symbol.description !== 'websocket') continue;
    const webSocket: unknown = Reflect.get(socket, symbol);
    if (typeof (webSocket as NodeWebSocket | undefined)?.once === 'function') {
      return webSocket as NodeWebSocket;
    }
  }
  return undefined;
}

/** Of a close code of RFC 6455: 1006 is no close at all, 1011 a failure of the server. */
function outcomeOf(code: number): 'completed' | 'aborted' | 'error' {
  if (code === 1006) return 'aborted';
  return code === 1011 ? 'error' : 'completed';
}

/** The part of Bun's server that is used here. */
interface BunServer {
  requestIP(request: Request): unknown;
}

function bunServerOf(c: Context): BunServer | undefined {
  const env = environmentOf(c);
  const server = (env.server ?? env) as { upgrade?: unknown; requestIP?: unknown };
  if (typeof server.upgrade !== 'function' || typeof server.requestIP !== 'function') {
    return undefined;
  }
  return server as unknown as BunServer;
}

class BunUpgrade implements Upgrade {
  readonly hasSignal = true;
  readonly #server: BunServer;
  readonly #request: Request;

  constructor(server: BunServer, request: Request) {
    this.#server = server;
    this.#request = request;
  }

  /** Bun takes a request that was upgraded for one that is over, whose address it does not know any more. */
  answer(c: Context): 'accepted' | 'response' {
    const isOver = c.res.status === 200 && this.#server.requestIP(this.#request) === null;
    return isOver ? 'accepted' : 'response';
  }

  status(): number {
    return 101;
  }
}
