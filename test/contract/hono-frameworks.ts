/** Hono as a framework of the contract suite, on Node. */

import type { Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { createAdaptorServer } from '@hono/node-server';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status';
import {
  type Answer,
  type Framework,
  type Handler,
  listen,
  optionsFor,
  type RequestFacts,
  type Running,
} from './frameworks.ts';

export interface HonoFramework extends Framework<MiddlewareHandler> {
  /** Serves an app that the test builds by hand. */
  serve(define: (app: Hono) => void): Promise<Running>;
}

export const hono: HonoFramework = {
  name: 'Hono 4',
  answersErrorsAlone: true,
  serve,
  start: (options, define, mounts) =>
    serve((app) => {
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
    }),
};

function serve(define: (app: Hono) => void): Promise<Running> {
  const app = new Hono();
  // Keeps Hono from printing the errors that tests provoke.
  app.onError((_error, c) => c.text('Internal Server Error', 500));
  define(app);
  return listen(createAdaptorServer({ fetch: app.fetch }) as Server);
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
    return JSON.parse(gunzipSync(await c.req.arrayBuffer()).toString('utf8'));
  }
  return c.req.header('content-type') === 'application/json'
    ? c.req.json()
    : c.req.parseBody({ all: true });
}

function factsOf(c: Context<Parsed>): RequestFacts {
  return { path: c.req.path, body: c.get('body'), header: (name) => c.req.header(name) };
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
