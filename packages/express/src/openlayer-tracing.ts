import {
  followResponse,
  getTrace,
  headerOf,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  type RequestTrace,
  RequestTracing,
  setResponseHeader,
  signalOfClient,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { mountOf, mountOfParams, routePattern } from './mounts.js';
import { requestBehind } from './request-behind.js';
import { prepareApp, watchLoadedCopies } from './watch-layers.js';

declare global {
  namespace Express {
    interface Request {
      /** The trace of this request. Never undefined: if nothing is recorded, it is an inert trace. */
      trace: RequestTrace;
    }
  }
}

/**
 * Middleware that opens one trace for each request and publishes it at the true end of the response: sent, aborted or failed.
 * Mount it first: requests that earlier middleware responds to, such as a body parser with 400 or 413, are not traced. Mounted
 * a second time, it restores the scope of the request's trace for code that lost it.
 *
 * @throws ConfigError if an option is wrong
 *
 * @example
 * app.use(openlayerTracing());
 * app.use(express.json());
 * app.post('/chat', async (req, res) => {
 *   const answer = await req.trace.step('answer', () => model.answer(req.body.question));
 *   res.json({ answer });
 * });
 */
export function openlayerTracing(options: TracingOptions<Request> = {}): RequestHandler {
  const tracing = new RequestTracing(options, adapter);
  return function openlayerTracing(req: Request, res: Response, next: NextFunction): void {
    const trace = tracing.startTrace(req, res);
    tracing.showOn(req, trace);
    trace.run(next);
  };
}

const adapter: RequestAdapter<Request, Response> = {
  changesPrototypes: true,
  // Frameworks that run Express middleware, such as Fastify, have no Express app.
  prepare: (req) => {
    if (prepareApp(req.app)) watchLoadedCopies();
  },
  method: (req) => req.method,
  path: (req) => withoutWebSocketSuffix(req, pathOf(urlOf(req))),
  hasQuery: (req) => urlOf(req).includes('?'),
  query: (req) => req.query,
  body: (req) => req.body as unknown,
  files: (req) => filesOf(req as WithFiles),
  params: (req) => req.params,
  route: (req) => {
    const { route } = req;
    const path: unknown = route?.path;
    if (typeof path !== 'string' && !(path instanceof RegExp) && !Array.isArray(path)) {
      return undefined;
    }
    return withoutWebSocketSuffix(req, routePattern(route, path, req));
  },
  mount: (req) => mountOf(req) || mountOfParams(req) || undefined,
  traceOnRequest: (req) => getTrace(requestBehind(req)),
  header: headerOf,
  responseHeader: (res, name) => res.getHeader(name),
  setResponseHeader,
  clientSignal: (_req, res) => signalOfClient(res),
  requestBody: nodeRequestBody,
  follow: followResponse,
};

function urlOf(req: Request): string {
  return req.originalUrl ?? req.url;
}

/** The path without `/.websocket`, which `express-ws` appends to the paths of its routes. */
function withoutWebSocketSuffix(req: Request, path: string): string {
  return req.headers.upgrade === undefined ? path : path.replace(/\/\.websocket$/, '');
}

interface WithFiles {
  readonly file?: unknown;
  readonly files?: unknown;
}

/** The files that multer, express-fileupload and others have put on the request. */
function filesOf({ file, files }: WithFiles): unknown {
  return file === undefined ? files : [file, files];
}
