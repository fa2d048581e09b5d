import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.js';

/** Throws a Refusal unless the request may be served. */
export type Guard = (request: IncomingMessage) => void;

/**
 * Lets through what was addressed to this server by a loopback name, does not come from another
 * web origin, and carries a bearer token.
 */
export function createGuard(port: number, apiKey: string | undefined): Guard {
  // Compared as a whole: a prefix test would let `localhost.evil.com` through.
  const hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`));
  const wanted = apiKey === undefined ? undefined : digest(apiKey);

  return function guard(request) {
    const [host, ...more] = request.headersDistinct.host ?? [];
    if (host === undefined || more.length > 0 || !hosts.has(host)) {
      throw new Refusal(403, `Host must be 127.0.0.1:${port} or localhost:${port}`);
    }
    const { origin } = request.headers;
    if (origin !== undefined && !hosts.has(origin.replace(/^http:\/\//, ''))) {
      throw new Refusal(403, 'pages of other origins may not call this server');
    }
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Refusal(401, 'send "Authorization: Bearer <API key>"');
    if (wanted && !timingSafeEqual(wanted, digest(token))) {
      throw new Refusal(401, 'the API key is not the one that this server was started with');
    }
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
