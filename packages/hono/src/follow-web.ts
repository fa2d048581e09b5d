/** Follows web requests and responses on runtimes that send the response that the app returns: Bun, Deno, workerd, tests. */

import {
  assignMethod,
  type BodySource,
  methodNamed,
  type RecordedRequestTrace,
  type RequestBody,
  WebExchange,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { type Upgrade, upgradeOf } from './upgrade.js';

interface FollowedRequest {
  readonly exchange: WebExchange;
  readonly upgrade: Upgrade | undefined;
}

const followedRequests = new WeakMap<Context, FollowedRequest>();

/** For responses that Hono created from a stream or a Blob, that source. */
const sources = new WeakMap<Response, BodySource>();

/** Follows a request. @returns its body; undefined without one */
export function followWebExchange(
  trace: RecordedRequestTrace,
  c: Context,
  maxBytes: number,
): RequestBody | undefined {
  attempt(trace, 'responses', () => rememberSources(c));
  const status = () => (c.finalized ? c.res.status : undefined);
  const upgrade = attempt(trace, 'upgrade', () => upgradeOf(c));
  const hasSignal = upgrade?.hasSignal !== false;
  const signal = hasSignal ? attempt(trace, 'signal', () => c.req.raw.signal) : undefined;
  const exchange = new WebExchange(trace, signal, status);
  followedRequests.set(c, { exchange, upgrade });
  upgrade?.follow?.(exchange);
  return attempt(trace, 'body', () => webRequestBody(c.req.raw, maxBytes, c.req.bodyCache));
}

/** The result of `fn`; undefined if it throws, which is reported. */
function attempt<T>(trace: RecordedRequestTrace, what: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    trace.reportFailure(what, error);
    return undefined;
  }
}

/** Follows the app's response, and replaces it if its body is a stream. */
export async function followWebResponse(
  trace: RecordedRequestTrace,
  c: Context,
  idHeader: string | undefined,
): Promise<void> {
  const { exchange, upgrade } = followedRequests.get(c) ?? {};
  if (exchange === undefined) return;
  // A value was thrown through Hono, and the runtime sends its own error response.
  if (!c.finalized) {
    exchange.settle('error');
    return;
  }
  if (idHeader !== undefined && c.res.headers.get(idHeader) === null) {
    setWebResponseHeader(c, idHeader, trace.inferenceId);
  }
  if (upgrade?.handleResponse(c, exchange) === true) return;
  const { res } = c;
  const followedResponse = await exchange.followResponse(res, sources.get(res));
  if (followedResponse !== res) replaceResponse(c, followedResponse);
}

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
function replaceResponse(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}

/** Remembers the sources of the responses that the context will create. */
function rememberSources(c: Context): void {
  for (const name of ['body', 'newResponse'] as const) {
    const make = methodNamed<(...args: unknown[]) => Response>(c, name);
    if (make === undefined) continue;
    assignMethod(c, name, (...args: unknown[]): Response => {
      const response = make(...args);
      try {
        rememberSource(response, args[0], c);
      } catch {
        // The response is followed without a known source.
      }
      return response;
    });
  }
}

function rememberSource(response: Response, data: unknown, c: Context): void {
  // Hono creates error responses from the body of another response, which is in memory.
  if (data instanceof ReadableStream && c.error === undefined) sources.set(response, 'stream');
  else if (data instanceof Blob) sources.set(response, data);
}
