import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptsEncoding } from './accept-encoding.js';
import type { Reply } from './reply.js';

const compress = promisify(gzip);
/** Characters of JSON that are worth compressing; longer JSON would take longer than it saves on one machine. */
const MIN_LENGTH = 1000;
const MAX_LENGTH = 500_000;

/** The reply with its JSON compressed, if the client takes gzip and the JSON has a length for which that is worth it. */
export async function gzipReply(reply: Reply, request: IncomingMessage): Promise<Reply> {
  const { json } = reply;
  if (json === undefined || json.length < MIN_LENGTH || json.length > MAX_LENGTH) return reply;
  const headers = { ...reply.headers, vary: 'accept-encoding' };
  if (!acceptsEncoding(request, 'gzip')) return { ...reply, headers };
  const body = await compress(json, { level: 5 });
  return {
    status: reply.status,
    body,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    },
  };
}
