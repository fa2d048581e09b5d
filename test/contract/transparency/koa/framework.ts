/** Koa 2 and 3 as frameworks under test. */

import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import newestRouter from '@koa/router';
import newestKoa, { type Middleware } from 'koa';
import type { Case, Framework, Mount, Note, Run, Tools } from '../case.ts';
import { plainTrace } from '../plain-tools.ts';

type KoaModule = typeof newestKoa;
type RouterModule = typeof newestRouter;

/** What a case builds its app with. */
export interface Kit {
  readonly app: newestKoa;
  readonly Koa: KoaModule;
  readonly Router: RouterModule;
  readonly tools: Tools;
  readonly note: Note;
}

export interface KoaCase extends Case {
  readonly parsers?: ((app: newestKoa) => Middleware[]) | undefined;
  /** Only for this major version. */
  readonly only?: 2 | 3 | undefined;
  readonly build: (kit: Kit) => void;
}

const load = createRequire(import.meta.url);

/** The former versions have the same types as far as these apps go. */
const former = {
  Koa: load('koa2') as KoaModule,
  Router: load('koa-router12') as RouterModule,
};

export function koaFramework(
  version: 2 | 3,
  cases: readonly KoaCase[],
): Framework<KoaCase, Middleware> {
  const modules = version === 2 ? former : { Koa: newestKoa, Router: newestRouter };
  return {
    name: `Koa ${version}`,
    cases: cases.filter(({ only }) => only === undefined || only === version),
    server: (run) => serverOf(modules, run),
  };
}

function serverOf(
  { Koa, Router }: { readonly Koa: KoaModule; readonly Router: RouterModule },
  run: Run<KoaCase, Middleware>,
): Server {
  const { example, mount, tools, note } = run;
  const app = new Koa();
  // As many layers in the bare app, so that stacks are as deep.
  const places = { first: bareMiddleware(mount), second: bareMiddleware(mount) };
  if (mount === 'before the parsers' || mount === 'twice') places.first = run.middleware();
  if (mount === 'after the parsers' || mount === 'twice') places.second = run.middleware();
  app.use(places.first);
  for (const parser of example.parsers?.(app) ?? []) app.use(parser);
  app.use(places.second);
  example.build({ app, Koa, Router, tools, note });
  return createServer(app.callback());
}

function bareMiddleware(mount: Mount): Middleware {
  return async function bareMiddleware(ctx, next) {
    if (mount === 'nowhere') ctx.trace = plainTrace(ctx.get('x-request-id'));
    return await next();
  };
}
