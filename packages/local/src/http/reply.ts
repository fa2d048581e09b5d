import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { toJson } from '../values/json.js';

/** A response of a route. `json` is a string, so that constant responses are serialised once. */
export interface Reply {
  readonly status: number;
  readonly json?: string;
  /** A body that is not JSON; `headers` state its type. */
  readonly body?: string | Buffer;
  readonly headers?: OutgoingHttpHeaders;
}

export const SUCCESS: Reply = { status: 200, json: '{"success":true}' };

/**
 * Headers of every response that is not a file of the page: no cache keeps it, no other origin reads it, and opened as a
 * document it runs nothing.
 */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function jsonReply(status: number, body: unknown, headers?: OutgoingHttpHeaders): Reply {
  return { status, json: toJson(body), ...(headers && { headers }) };
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const body = reply.json ?? reply.body;
  response.writeHead(reply.status, {
    ...(reply.json !== undefined && { 'content-type': 'application/json' }),
    ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    ...DATA_HEADERS,
    ...reply.headers,
  });
  response.end(body);
}
