/** Express 4 and 5 as frameworks under test. */

import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import express5, { type Express, type RequestHandler } from 'express';
import type { Case, Framework, Mount, Note, Run, Tools } from '../case.ts';
import { plainTrace } from '../plain-tools.ts';

export type ExpressModule = typeof express5;

/** What a case builds its app with. */
export interface Kit {
  readonly app: Express;
  readonly express: ExpressModule;
  readonly tools: Tools;
  readonly note: Note;
}

export interface ExpressCase extends Case {
  readonly parsers?: ((express: ExpressModule) => RequestHandler[]) | undefined;
  /** Only for this major version. */
  readonly only?: 4 | 5 | undefined;
  readonly build: (kit: Kit) => void;
}

/** Express 4 has the same types as far as these apps go. */
const express4 = createRequire(import.meta.url)('express4') as ExpressModule;

export function expressFramework(
  version: 4 | 5,
  cases: readonly ExpressCase[],
): Framework<ExpressCase, RequestHandler> {
  const express = version === 4 ? express4 : express5;
  return {
    name: `Express ${version}`,
    cases: cases.filter(({ only }) => only === undefined || only === version),
    server: (run) => serverOf(express, run),
  };
}

function serverOf(express: ExpressModule, run: Run<ExpressCase, RequestHandler>): Server {
  const { example, mount, tools, note } = run;
  const app = express();
  // Errors show their stack only where a case asks for it.
  app.set('env', example.showsStack ? 'development' : 'production');
  // As many layers in the bare app, so that stacks are as deep.
  const places = { first: bareMiddleware(mount), second: bareMiddleware(mount) };
  if (mount === 'before the parsers' || mount === 'twice') places.first = run.middleware();
  if (mount === 'after the parsers' || mount === 'twice') places.second = run.middleware();
  app.use(places.first);
  for (const parser of example.parsers?.(express) ?? []) app.use(parser);
  app.use(places.second);
  example.build({ app, express, tools, note });
  return createServer(app);
}

function bareMiddleware(mount: Mount): RequestHandler {
  return function bareMiddleware(req, _res, next) {
    if (mount === 'nowhere') req.trace = plainTrace(req.get('x-request-id'));
    next();
  };
}
