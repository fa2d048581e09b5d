import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What a route answers. `json` is text, so that constant answers are serialised once. */
export interface Reply {
  readonly status: number;
  readonly json?: string;
  readonly headers?: OutgoingHttpHeaders;
}

export const SUCCESS: Reply = { status: 200, json: '{"success":true}' };

export function jsonReply(status: number, body: unknown, headers?: OutgoingHttpHeaders): Reply {
  return { status, json: JSON.stringify(body), ...(headers && { headers }) };
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(reply.status, {
    ...(reply.json !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(reply.json),
    }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
  });
  response.end(reply.json);
}
