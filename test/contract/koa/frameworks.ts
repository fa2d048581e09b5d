/** Koa 2 and 3 as frameworks of the contract suite. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { openlayerTracing } from '@openlayer-tracing/koa';
import Koa, { type Context, type Middleware } from 'koa';
import formerBodyParser from 'koa-bodyparser';
import {
  type Answer,
  type Framework,
  type Handler,
  listen,
  optionsFor,
  type RequestFacts,
  type Running,
} from '../harness/frameworks.ts';

interface Version {
  readonly Koa: typeof Koa;
  readonly Router: typeof Router;
  readonly parser: () => Middleware;
}

/** Middleware, or what makes some for an app. */
export type KoaMount = Middleware | { readonly on: (app: Koa) => Middleware };

export interface KoaFramework extends Framework<KoaMount>, Version {
  /** Serves an app that the test builds by hand. */
  serve(define: (app: Koa) => void): Promise<Running>;
}

const load = createRequire(import.meta.url);
// Older versions are used through the types of the newest: what is used here is the same in all.

/** An option of the parser that it hands on, and that its types do not know. */
const PROTOTYPES: object = { onProtoPoisoning: 'ignore' };

export const koa2: KoaFramework = {
  ...frameworkOf('Koa 2', {
    Koa: load('koa2') as typeof Koa,
    Router: load('koa-router12') as typeof Router,
    parser: () => formerBodyParser(PROTOTYPES),
  }),
  leavesBrokenAnswersOpen: true,
};
export const koa3: KoaFramework = {
  ...frameworkOf('Koa 3', { Koa, Router, parser: () => bodyParser() }),
  refusesPrototypes: true,
};
export const koaVersions: readonly KoaFramework[] = [koa2, koa3];

function frameworkOf(name: string, version: Version): KoaFramework {
  const serve = (define: (app: Koa) => void) => {
    const app = new version.Koa();
    // Keeps Koa from printing the errors that tests provoke.
    app.silent = true;
    define(app);
    return listen(createServer(app.callback()));
  };
  return {
    ...version,
    name,
    serve,
    start: (options, define, mounts) =>
      serve((app) => {
        const named = {
          tracing: () => openlayerTracing(optionsFor(options, factsOf)),
          json: version.parser,
          // The other parser takes forms too.
          urlencoded: (): Middleware => (_ctx, next) => next(),
        };
        const routes = new version.Router();
        define({
          route: (method, path, handler) => {
            routes[method === 'GET' ? 'get' : 'post'](path, handlerOf(handler));
          },
          // An app's error handler is its first middleware.
          onError: (answer) => app.use(answering(answer)),
        });
        for (const mount of mounts) {
          if (typeof mount === 'string') app.use(named[mount]());
          else app.use(typeof mount === 'function' ? mount : mount.on(app));
        }
        app.use(routes.routes());
      }),
  };
}

function factsOf(ctx: Context): RequestFacts {
  return {
    path: ctx.path,
    params: { ...(ctx.params as Record<string, string> | undefined) },
    body: ctx.request.body as unknown,
    header: (name) => {
      const value = ctx.req.headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

function answering(answer: (error: unknown) => Answer): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      send(ctx, answer(error));
    }
  };
}

function handlerOf(handler: Handler): Middleware {
  return async (ctx) => {
    const answer = await handler({
      raw: ctx.req,
      trace: ctx.trace,
      params: ctx.params as Record<string, string>,
      body: async () => ctx.request.body as unknown,
    });
    send(ctx, answer);
  };
}

export function send(ctx: Context, answer: Answer): void {
  ctx.status = answer.status ?? 200;
  ctx.set({ ...answer.headers });
  if ('json' in answer) ctx.body = answer.json;
  else if ('text' in answer) ctx.body = answer.text;
  else if ('bytes' in answer) ctx.body = Buffer.from(answer.bytes);
  else if ('file' in answer) {
    ctx.type = answer.type;
    ctx.body = Buffer.from(answer.file);
  } else if ('stream' in answer) ctx.body = Readable.from(answer.stream);
}
