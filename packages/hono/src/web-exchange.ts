/** A Hono context on runtimes that take a response from its app and send it themselves: Bun, Deno, workerd, tests. */

import {
  type BodySource,
  type RecordedRequest,
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

/** What responses were made of, where Hono made them of something that is not in memory. */
const sources = new WeakMap<Response, BodySource>();

export function followWebExchange(
  trace: RecordedRequest,
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

/** What the app has put in the way of one fact costs that fact alone. */
function attempt<T>(trace: RecordedRequest, what: string, fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    trace.failed(what, error);
    return undefined;
  }
}

/** Replaces the response where its body has to be followed. */
export async function followWebAnswer(
  trace: RecordedRequest,
  c: Context,
  idHeader: string | undefined,
): Promise<void> {
  const { exchange, upgrade } = followed.get(c) ?? {};
  if (exchange === undefined) return;
  // What was thrown past Hono is answered by the runtime, in a way of its own.
  if (!c.finalized) {
    exchange.settle('error');
    return;
  }
  if (idHeader !== undefined && c.res.headers.get(idHeader) === null) {
    setResponseHeader(c, idHeader, trace.inferenceId);
  }
  const answer = upgrade?.answer(c, exchange) ?? 'response';
  if (answer === 'accepted') exchange.upgraded(() => upgrade?.status());
  // The server says no in its own words, and sends no body.
  else if (answer === 'refused') exchange.settle('completed');
  else {
    const { res } = c;
    const handedOver = await exchange.handOver(res, sources.get(res));
    if (handedOver !== res) replace(c, handedOver);
  }
}

/**
 * Sets a header of the response. That of a `fetch()` is not to be changed, and becomes one that is, unless a socket
 * comes with it.
 */
export function setResponseHeader(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
    if (c.res.status === 101) return;
    replace(c, new Response(c.res.body, c.res));
    c.res.headers.set(name, value);
  }
}

/** Hono would add the headers of the former response to those of the new one, which has them already. */
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
        // It is followed as one of which nothing is known.
      }
      return response;
    };
    c[name] = remembering as never;
  }
}

function remember(response: Response, data: unknown, c: Context): void {
  // Hono makes its answer to an error of the body of another, which is in memory.
  if (data instanceof ReadableStream && c.error === undefined) sources.set(response, 'stream');
  else if (data instanceof Blob) sources.set(response, 'file');
}
