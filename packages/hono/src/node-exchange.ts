import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';

export interface NodeExchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** What the server gave the app along with the request, by the names that are looked for here. */
export function environmentOf(c: Context): Readonly<Record<string, unknown>> {
  try {
    const env: unknown = c.env;
    if (typeof env === 'object' && env !== null) return env as Readonly<Record<string, unknown>>;
  } catch {
    // An app may have put something in its place.
  }
  return NOTHING;
}

const NOTHING = {};

/** Node's own request and response, where the app is served by `@hono/node-server`. */
export function nodeExchangeOf(c: Context): NodeExchange | undefined {
  const { incoming, outgoing } = environmentOf(c) as Partial<NodeExchange>;
  // HTTP/2 has no such response; its exchanges are followed as on any other runtime.
  if (typeof incoming !== 'object' || typeof outgoing?.writableFinished !== 'boolean') {
    return undefined;
  }
  return { incoming, outgoing };
}

/** Node's own request, also where it has no response of its own: an upgrade, or HTTP/2. */
export function nodeRequestOf(c: Context): IncomingMessage | undefined {
  const { incoming } = environmentOf(c) as Partial<NodeExchange>;
  return typeof incoming === 'object' && incoming !== null ? incoming : undefined;
}
