/** Reads what `@hono/node-server` provides: Node's request and response, and lightweight responses. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';

/** Node's request and response. */
export interface NodeExchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** The `env` that the server passed with the request; an empty object without one. */
export function environmentOf(c: Context): Readonly<Record<string, unknown>> {
  try {
    const env: unknown = c.env;
    if (typeof env === 'object' && env !== null) return env as Readonly<Record<string, unknown>>;
  } catch {
    // The app replaced `env` by a getter that throws.
  }
  return NO_ENVIRONMENT;
}

const NO_ENVIRONMENT: Readonly<Record<string, unknown>> = Object.freeze({});

/** Node's request and response, if the app runs on `@hono/node-server` over HTTP/1. */
export function nodeExchangeOf(c: Context): NodeExchange | undefined {
  const env = environmentOf(c) as Partial<NodeExchange>;
  // HTTP/2 responses differ; they are followed as on other runtimes.
  const isExchange =
    typeof env.incoming === 'object' && typeof env.outgoing?.writableFinished === 'boolean';
  return isExchange ? (env as NodeExchange) : undefined;
}

/** Node's request, also for an upgrade or over HTTP/2. */
export function nodeRequestOf(c: Context): IncomingMessage | undefined {
  const { incoming } = environmentOf(c) as Partial<NodeExchange>;
  return typeof incoming === 'object' && incoming !== null ? incoming : undefined;
}

/**
 * The stream of a response whose body is a stream; undefined for other bodies.
 *
 * Reading `body` would convert a lightweight response of `@hono/node-server` to a full one, which is sent with other headers. So
 * the body is read from the array under its symbol `cache`.
 */
export function lazyBody(response: Response): ReadableStream | undefined {
  for (const symbol of Object.getOwnPropertySymbols(response)) {
    if (symbol.description !== 'cache') continue;
    const cache: unknown = Reflect.get(response, symbol);
    if (Array.isArray(cache)) return streamIn(cache[1]);
  }
  return streamIn(response.body);
}

function streamIn(body: unknown): ReadableStream | undefined {
  return body instanceof ReadableStream ? body : undefined;
}
