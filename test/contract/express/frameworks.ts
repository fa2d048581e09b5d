/** Express 4 and 5 as frameworks of the contract suite. */

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pipeline, Readable } from 'node:stream';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import express from 'express';
import {
  type Answer,
  type Framework,
  type Handler,
  listen,
  optionsFor,
  type RequestFacts,
  type Running,
} from '../harness/frameworks.ts';

export interface ExpressFramework extends Framework<RequestHandler> {
  readonly express: typeof express;
  /** Serves an app that the test builds by hand. */
  serve(define: (app: Express) => void): Promise<Running>;
}

// Version 4 is used through the types of 5: what is used here is the same in both.
const former: typeof express = createRequire(import.meta.url)('express4');

export const express4: ExpressFramework = frameworkOf('Express 4', former);
export const express5: ExpressFramework = frameworkOf('Express 5', express);
export const expressVersions: readonly ExpressFramework[] = [express4, express5];

function frameworkOf(name: string, version: typeof express): ExpressFramework {
  const serve = (define: (app: Express) => void) => {
    const app = version();
    // Keeps Express from printing the errors that tests provoke.
    app.set('env', 'test');
    define(app);
    return listen(createServer(app));
  };
  return {
    name,
    express: version,
    serve,
    start: (options, define, mounts) =>
      serve((app) => {
        const named = {
          tracing: () => openlayerTracing(optionsFor(options, factsOf)),
          json: () => version.json(),
          urlencoded: () => version.urlencoded({ extended: false }),
        };
        for (const mount of mounts) app.use(typeof mount === 'string' ? named[mount]() : mount);
        define({
          route: (method, path, handler) => {
            app[method === 'GET' ? 'get' : 'post'](path, handlerOf(handler));
          },
          onError: (answer) => {
            const handler: ErrorRequestHandler = (error, _req, res, _next) =>
              send(res, answer(error));
            app.use(handler);
          },
        });
      }),
  };
}

function factsOf(req: Request): RequestFacts {
  return {
    path: req.path,
    params: { ...req.params } as Record<string, string>,
    body: req.body as unknown,
    header: (name) => req.get(name),
  };
}

/** Rejections go to `next`: Express 5 would do that itself, Express 4 leaves it to the app. */
function handlerOf(handler: Handler): RequestHandler {
  return (req, res, next) => {
    const answer = handler({
      raw: req,
      trace: req.trace,
      // A pattern without wildcards has texts only.
      params: req.params as Record<string, string>,
      body: async () => req.body as unknown,
    });
    if (answer instanceof Promise) answer.then((given) => send(res, given)).catch(next);
    else send(res, answer);
  };
}

export function send(res: Response, answer: Answer): void {
  res.status(answer.status ?? 200).set(answer.headers ?? {});
  if ('json' in answer) res.json(answer.json);
  else if ('text' in answer) res.type(res.get('content-type') ?? 'text/plain').send(answer.text);
  else if ('bytes' in answer) res.end(answer.bytes);
  else if ('file' in answer) res.type(answer.type).send(Buffer.from(answer.file));
  else if ('stream' in answer) pipeline(Readable.from(answer.stream), res, () => {});
  else res.end();
}
