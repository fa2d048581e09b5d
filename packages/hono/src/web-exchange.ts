/** A Hono context on runtimes that take a response from its app and send it themselves: Bun, Deno, workerd, tests. */

import {
  type BodySource,
  type RecordedRequest,
  type RequestBody,
  WebExchange,
  webRequestBody,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';

const exchanges = new WeakMap<Context, WebExchange>();

/** What responses were made of, where Hono made them of something that is not in memory. */
const sources = new WeakMap<Response, BodySource>();

export function followWebExchange(
  trace: RecordedRequest,
  c: Context,
  maxBytes: number,
): RequestBody | undefined {
  rememberSources(c);
  const status = () => (c.finalized ? c.res.status : undefined);
  exchanges.set(c, new WebExchange(trace, c.req.raw.signal, status));
  return webRequestBody(c.req.raw, maxBytes, c.req.bodyCache);
}

/** Replaces the response where its body has to be followed. */
export async function followWebAnswer(
  trace: RecordedRequest,
  c: Context,
  idHeader: string | undefined,
): Promise<void> {
  const exchange = exchanges.get(c);
  // What was thrown past Hono is answered by the runtime, in a way of its own.
  if (!c.finalized) {
    exchange?.settle('error');
    return;
  }
  if (idHeader !== undefined && c.res.headers.get(idHeader) === null) {
    setResponseHeader(c, idHeader, trace.inferenceId);
  }
  const { res } = c;
  const followed = (await exchange?.handOver(res, sources.get(res))) ?? res;
  if (followed !== res) replace(c, followed);
}

/** Sets a header of the response. That of a `fetch()` is not to be changed, and becomes one that is. */
export function setResponseHeader(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
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
