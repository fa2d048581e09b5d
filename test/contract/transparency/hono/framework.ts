/** Hono 4 on Node as a framework under test. */

import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { RequestTrace } from '@openlayer-tracing/core';
import { Hono, type MiddlewareHandler } from 'hono';
import type { Case, Framework, Mount, Note, Run, Tools } from '../case.ts';
import { plainTrace } from '../plain-tools.ts';

export interface Env {
  Bindings: HttpBindings;
  Variables: { trace: RequestTrace };
}

/** What a case builds its app with. */
export interface Kit {
  readonly app: Hono<Env>;
  readonly tools: Tools;
  readonly note: Note;
}

export interface HonoCase extends Case {
  /** Middleware between the places where ours may stand. */
  readonly parsers?: (() => MiddlewareHandler[]) | undefined;
  readonly build: (kit: Kit) => void;
}

/** @param isWeb hides Node's request and response from the app, as other runtimes do */
export function honoFramework(
  cases: readonly HonoCase[],
  isWeb = false,
): Framework<HonoCase, MiddlewareHandler> {
  return {
    name: isWeb ? 'Hono 4 by web responses' : 'Hono 4',
    cases,
    server: (run) => serverOf(run, isWeb),
  };
}

function serverOf(run: Run<HonoCase, MiddlewareHandler>, isWeb: boolean): Server {
  const { example, mount, tools, note } = run;
  const app = new Hono<Env>();
  // As many layers in the bare app, so that stacks are as deep.
  const places = { first: bareMiddleware(mount), second: bareMiddleware(mount) };
  if (mount === 'before the parsers' || mount === 'twice') places.first = run.middleware();
  if (mount === 'after the parsers' || mount === 'twice') places.second = run.middleware();
  app.use(places.first);
  for (const parser of example.parsers?.() ?? []) app.use(parser);
  app.use(places.second);
  example.build({ app, tools, note });
  if (!isWeb) return createAdaptorServer({ fetch: app.fetch }) as Server;
  // A light response of node-server's has other headers once it was looked at, by whomever.
  const fetch = (req: Request) => app.fetch(req);
  return createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
}

function bareMiddleware(mount: Mount): MiddlewareHandler {
  return async function bareMiddleware(c, next) {
    if (mount === 'nowhere') c.set('trace', plainTrace(c.req.header('x-request-id')));
    await next();
  };
}
