/** The app of a contract test on Hono, for any runtime that can serve it. */

import type { TracingOptions } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status';
import {
  type Answer,
  type App,
  type Handler,
  type Mount,
  optionsFor,
  type RequestFacts,
} from '../harness/frameworks.ts';

/** Keeps Hono from printing the errors that tests provoke. */
export function quietApp(): Hono {
  const app = new Hono();
  app.onError((_error, c) => c.text('Internal Server Error', 500));
  return app;
}

export function buildApp(
  app: Hono,
  options: TracingOptions<RequestFacts>,
  define: (app: App) => void,
  mounts: readonly (Mount | MiddlewareHandler)[],
): void {
  const named = {
    tracing: () => openlayerTracing(optionsFor(options, factsOf)),
    json: () => parser('application/json'),
    urlencoded: () => parser('application/x-www-form-urlencoded'),
  };
  for (const mount of mounts) app.use(typeof mount === 'string' ? named[mount]() : mount);
  define({
    route: (method, path, handler) => {
      app.on(method, path, handlerOf(handler));
    },
    onError: (answer) => {
      app.onError((error, c) => respond(c, answer(error)));
    },
  });
}

interface Parsed {
  Variables: { body: unknown };
}

/** Middleware that reads the body before the handler, as validators do. */
function parser(type: string): MiddlewareHandler<Parsed> {
  return async function parser(c, next) {
    if (c.req.header('content-type')?.startsWith(type) === true) {
      try {
        c.set('body', await bodyOf(c));
      } catch {
        return c.text('Bad Request', 400);
      }
    }
    await next();
    return undefined;
  };
}

async function bodyOf(c: Context): Promise<unknown> {
  if (c.req.header('content-encoding') === 'gzip') {
    const packed = new Blob([await c.req.arrayBuffer()]).stream();
    return new Response(packed.pipeThrough(new DecompressionStream('gzip'))).json();
  }
  return c.req.header('content-type') === 'application/json'
    ? c.req.json()
    : c.req.parseBody({ all: true });
}

function factsOf(c: Context<Parsed>): RequestFacts {
  return {
    path: c.req.path,
    params: c.req.param(),
    body: c.get('body'),
    header: (name) => c.req.header(name),
  };
}

function handlerOf(handler: Handler): (c: Context<Parsed>) => Response | Promise<Response> {
  return (c) => {
    const answer = handler({
      raw: c.req.raw,
      trace: c.var.trace,
      params: c.req.param(),
      body: async () => c.get('body'),
    });
    return answer instanceof Promise
      ? answer.then((given) => respond(c, given))
      : respond(c, answer);
  };
}

export function respond(c: Context, answer: Answer): Response {
  const status = (answer.status ?? 200) as ContentfulStatusCode;
  const headers = { ...answer.headers };
  if ('json' in answer) return c.json(answer.json as object, status, headers);
  if ('text' in answer) return c.text(answer.text, status, headers);
  if ('bytes' in answer) return c.body(Uint8Array.from(answer.bytes), status, headers);
  if ('file' in answer) {
    // Hono passes on what a Response takes, and its types know less of it.
    const blob = new Blob([Uint8Array.from(answer.file)]);
    return c.body(blob as never, status, { 'content-type': answer.type, ...headers });
  }
  if ('stream' in answer) return c.body(streamOf(answer.stream), status, headers);
  return c.body(null, answer.status as StatusCode, headers);
}

/** Read only when the server asks for more. */
function streamOf(chunks: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
