/** WebSocket upgrades, which servers perform without the response that the app returns. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  NodeUpgrade,
  type RecordedRequestTrace,
  type WebExchange,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { environmentOf, nodeRequestOf } from './node-server.js';

/** The upgrade request of one context. */
export interface Upgrade {
  /** Whether the request's signal aborts when the client leaves or the socket closes. */
  readonly hasSignal: boolean;
  /**
   * If the socket is accessible, runs its listeners in the scope of the trace, and settles the exchange when it closes. Never
   * throws.
   */
  follow?(trace: RecordedRequestTrace, exchange: WebExchange): void;
  /**
   * Follows the app's response if it accepts or refuses the upgrade.
   * @returns false for a response that is to be followed like any other
   */
  handleResponse(c: Context, exchange: WebExchange): boolean;
}

/** The upgrade of a request; undefined if it does not ask for a WebSocket. */
export function upgradeOf(c: Context): Upgrade | undefined {
  const incoming = upgradeOnNode(c);
  if (incoming !== undefined) return new NodeServerUpgrade(incoming.socket);
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') return undefined;
  const server = bunServerOf(c);
  return server === undefined ? webUpgrade : new BunUpgrade(server, c.req.raw);
}

/** Deno and workerd: a response of status 101 carries the socket. Deno aborts the signal of an upgraded request. */
const webUpgrade: Upgrade = {
  hasSignal: false,
  handleResponse(c, exchange) {
    if (c.res.status !== 101 && c.req.raw.signal?.aborted === true) exchange.clientLeft();
    return false;
  },
};

/** Node's request of an upgrade, for which `@hono/node-ws` and `@hono/node-server` pass no response. */
function upgradeOnNode(c: Context): IncomingMessage | undefined {
  const incoming = nodeRequestOf(c);
  if (incoming?.headers?.upgrade === undefined || environmentOf(c).outgoing !== undefined)
    return undefined;
  return typeof incoming.socket?.once === 'function' ? incoming : undefined;
}

class NodeServerUpgrade implements Upgrade {
  readonly hasSignal = false;
  readonly #socket: Socket;
  #upgrade: NodeUpgrade | undefined = undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  follow(trace: RecordedRequestTrace, exchange: WebExchange): void {
    const connection = this.#socket;
    try {
      if (connection.destroyed) {
        exchange.clientLeft();
        return;
      }
      const upgrade = new NodeUpgrade({
        connection,
        trace,
        onWebSocketClose: (outcome) => exchange.settle(outcome),
      });
      this.#upgrade = upgrade;
      upgrade.awaitWebSocket();
      connection.once('close', () => {
        upgrade.stopWaiting();
        if (!upgrade.tryToFollow()) this.#closed(upgrade, exchange);
      });
    } catch (error) {
      trace.reportFailure('upgrade', error);
    }
  }

  handleResponse(c: Context, exchange: WebExchange): boolean {
    const { status } = c.res;
    // Accepted, but the WebSocket server may still refuse it.
    if (isWaitingForUpgrade(c)) exchange.upgraded(() => this.#statusOr(undefined));
    // Refused: the server sends a response of its own.
    else if (status >= 300) exchange.settle('completed');
    // Undecided: a server of the app's own upgrades the socket after this, or sends the response.
    else exchange.upgraded(() => this.#statusOr(status));
    return true;
  }

  /** 101 once the socket is upgraded; until then `status`. */
  #statusOr(status: number | undefined): number | undefined {
    return this.#upgrade?.isUpgraded === true ? 101 : status;
  }

  /** The socket has closed without a WebSocket. */
  #closed({ hasSent }: NodeUpgrade, exchange: WebExchange): void {
    // The socket was reset, or closed without a byte of a response.
    if (this.#socket.errored || !hasSent) exchange.settle('aborted');
    else exchange.clientLeft();
  }
}

/** Whether one of the two helpers has accepted the upgrade of the request: both set this symbol until the socket is upgraded. */
function isWaitingForUpgrade(c: Context): boolean {
  const symbols = Object.getOwnPropertySymbols(environmentOf(c));
  return symbols.some(({ description }) => description === 'CONNECTION_SYMBOL_KEY');
}

/** The part of Bun's server that is used. */
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

  handleResponse(c: Context, exchange: WebExchange): boolean {
    // Bun returns no address for a request that is upgraded.
    const isUpgraded = c.res.status === 200 && this.#server.requestIP(this.#request) === null;
    if (isUpgraded) exchange.upgraded(() => 101);
    return isUpgraded;
  }
}
