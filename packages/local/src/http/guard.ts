import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.js';

/**
 * Who may make a call: `anyone` for files of the page and for uploads, which carry a secret in their address; `page` for
 * the page only, by its token; `client` for apps, by the API key; `either` for calls that both make.
 */
export type Audience = 'anyone' | 'page' | 'client' | 'either';

/** Throws a Refusal unless the request may be served to that audience. */
export type Guard = (request: IncomingMessage, audience: Audience) => void;

export interface GuardOptions {
  readonly port: number;
  /** Further names, with or without a port. */
  readonly allowedHosts: readonly string[];
  /** The API key; any is accepted if this is undefined. */
  readonly apiKey: string | undefined;
  readonly pageToken: string;
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Allows requests that address this server by a name of its own, do not come from a page of another origin, and have the
 * bearer token of their audience.
 */
export function createGuard({ port, allowedHosts, apiKey, pageToken }: GuardOptions): Guard {
  // Compared as a whole: a prefix test would allow `localhost.evil.com`.
  const hosts = new Set(
    [...LOOPBACK_NAMES, ...allowedHosts].flatMap((name) => spellings(name, port)),
  );
  const key = apiKey === undefined ? undefined : digest(apiKey);
  const pageKey = digest(pageToken);

  return function guard(request, audience) {
    const [host, ...more] = request.headersDistinct.host ?? [];
    if (host === undefined || more.length > 0 || !hosts.has(host)) {
      throw new Refusal(403, `Host must be ${[...hosts].join(' or ')}`);
    }
    const { origin } = request.headers;
    // A page on another port of this machine is of another origin, and `null` is one of any page.
    if ((origin !== undefined && origin !== `http://${host}`) || !isSameSite(request, audience)) {
      throw new Refusal(403, 'pages of other origins may not call this server');
    }
    if (audience === 'anyone') return;

    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (audience === 'page') {
      if (token === undefined || !timingSafeEqual(pageKey, digest(token))) {
        // This is no violation: pages that were left open send the token of an earlier start.
        throw new Refusal(
          401,
          "open the page by the link that the server printed: it has the page's token",
          { isViolation: false },
        );
      }
      return;
    }
    if (token === undefined) throw new Refusal(401, 'send "Authorization: Bearer <API key>"');
    if (!key) return;
    const sent = digest(token);
    const isKey = timingSafeEqual(key, sent);
    const isPage = timingSafeEqual(pageKey, sent);
    if (isKey || (isPage && audience === 'either')) return;
    throw new Refusal(401, 'the API key is not the one that this server was started with');
  };
}

/** The values of `Host` for a name: clients leave out the port 80. */
function spellings(name: string, port: number): string[] {
  const hasPort = /:\d+$/.test(name);
  const full = hasPort ? name : `${name}:${port}`;
  return full.endsWith(':80') ? [full, full.slice(0, -':80'.length)] : [full];
}

/**
 * Whether the browser says that the request comes from a page of this origin. Clients that are no browsers say nothing.
 * The page itself may also be opened by its address and by links: no other page can read it.
 */
function isSameSite({ method, headers }: IncomingMessage, audience: Audience): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') return true;
  if (audience !== 'anyone' || method !== 'GET') return false;
  const isDocument =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return site === 'none' || isDocument;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
