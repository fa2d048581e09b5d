import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';

export interface NodeExchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** Node's own request and response, where the app is served by `@hono/node-server`. */
export function nodeExchangeOf(c: Context): NodeExchange | undefined {
  const env = c.env as Partial<NodeExchange> | undefined;
  const { incoming, outgoing } = env ?? {};
  // HTTP/2 has no such response; its exchanges are followed as on any other runtime.
  if (typeof incoming !== 'object' || typeof outgoing?.writableFinished !== 'boolean') {
    return undefined;
  }
  return { incoming, outgoing };
}

/** Node's own request, also where it has no response of its own: an upgrade, or HTTP/2. */
export function nodeRequestOf(c: Context): IncomingMessage | undefined {
  const { incoming } = (c.env ?? {}) as Partial<NodeExchange>;
  return typeof incoming === 'object' && incoming !== null ? incoming : undefined;
}
