/** Whether the client has left, by the state of its connection. */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The part of Node's sockets that is used. The sockets of serverless adapters may lack any of it. */
export type Connection = Partial<Socket> & {
  /** Set by Node's own HTTP server. */
  readonly server?: unknown;
  readonly _httpMessage?: unknown;
};

/** Error codes of a socket whose client has left. */
const RESET: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/** Whether the client may have ended or reset the connection. False only if the connection was read until the server closed it. */
export function mayHaveLeft(connection: Connection | undefined): boolean {
  if (connection?.readableEnded !== false) return true;
  return RESET.has((connection.errored as { code?: unknown } | null | undefined)?.code);
}

/**
 * Whether bytes of the client may wait unread, its end among them: the app reads a body more slowly than it comes, or paused
 * the socket.
 */
export function isReadSlowly(req: IncomingMessage, connection: Connection | undefined): boolean {
  if (connection?.isPaused?.() === true) return true;
  return !req.complete && req.readableLength >= req.readableHighWaterMark;
}
