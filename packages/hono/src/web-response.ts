/** Changes the response of a context, on runtimes that send the response that the app returns. */

import type { Context } from 'hono';

/**
 * Sets a header of the response. The response of a `fetch()` has immutable headers and is replaced by a copy, unless it carries
 * a socket.
 */
export function setWebResponseHeader(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
    if (c.res.status === 101) return;
    replaceResponse(c, new Response(c.res.body, c.res));
    c.res.headers.set(name, value);
  }
}

/** Replaces the response. Set to undefined first, since Hono would merge the headers of both. */
export function replaceResponse(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}
