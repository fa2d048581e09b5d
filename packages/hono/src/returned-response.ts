/** Follows requests on runtimes that send the response that the app returns: Bun, Deno, workerd, tests. */

import {
  type BodySource,
  type RecordedRequestTrace,
  type RequestBody,
  WebExchange,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { type Upgrade, upgradeOf } from './upgrade.js';

interface Followed {
  readonly exchange: WebExchange;
  readonly upgrade: Upgrade | undefined;
}

const followed = new WeakMap<Context, Followed>();

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
  followed.set(c, { exchange, upgrade });
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
  const { exchange, upgrade } = followed.get(c) ?? {};
  if (exchange === undefined) return;
  // A value was thrown through Hono, and the runtime sends its own error response.
  if (!c.finalized) {
    exchange.settle('error');
    return;
  }
  if (idHeader !== undefined && c.res.headers.get(idHeader) === null) {
    setWebResponseHeader(c, idHeader, trace.inferenceId);
  }
  const result = upgrade?.resultOf(c, exchange) ?? 'response';
  if (result === 'accepted') exchange.upgraded(() => upgrade?.status());
  // The server refuses the upgrade with a response of its own.
  else if (result === 'refused') exchange.settle('completed');
  else {
    const { res } = c;
    const handedOver = await exchange.handOver(res, sources.get(res));
    if (handedOver !== res) replace(c, handedOver);
  }
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
    replace(c, new Response(c.res.body, c.res));
    c.res.headers.set(name, value);
  }
}

/** Replaces the response. Set to undefined first, since Hono would merge the headers of both. */
function replace(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}

function rememberSources(c: Context): void {
  for (const name of ['body', 'newResponse'] as const) {
    const make = c[name] as (...args: unknown[]) => Response;
    const remembering = (...args: unknown[]): Response => {
      const response = make(...args);
      try {
        remember(response, args[0], c);
      } catch {
        // The response is followed without a known source.
      }
      return response;
    };
    c[name] = remembering as never;
  }
}

function remember(response: Response, data: unknown, c: Context): void {
  // Hono creates error responses from the body of another response, which is in memory.
  if (data instanceof ReadableStream && c.error === undefined) sources.set(response, 'stream');
  else if (data instanceof Blob) sources.set(response, data);
}
