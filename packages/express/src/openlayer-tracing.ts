import {
  followResponse,
  getTrace,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  type RequestTrace,
  RequestTracing,
  setAnswerHeader,
  setOwnTrace,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { mountOf } from './mounts.js';
import { requestBehind, watchApp, watchLoadedCopies } from './watch-layers.js';

declare global {
  namespace Express {
    interface Request {
      /** The trace of this request. It is always there; where nothing is recorded it is an inert one. */
      trace: RequestTrace;
    }
  }
}

/**
 * Middleware that opens one trace per request and publishes it when the response truly ends. Mount it first: what
 * stands before it, such as a body parser that answers 400 or 413, is in no trace. Mounted a second time, it leads lost
 * code back into the scope of its request's trace.
 *
 * @throws ConfigError where an option cannot work
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
  let app: object | undefined;
  const apps = new WeakSet<object>();
  return function openlayerTracing(req: Request, res: Response, next: NextFunction): void {
    try {
      // Fastify and the like run the middleware without an app of Express.
      if (req.app !== app && req.app !== undefined) {
        app = req.app;
        if (!apps.has(app)) {
          apps.add(app);
          watchApp(app);
          watchLoadedCopies();
        }
      }
    } catch (error) {
      tracing.failed('prepare', error);
    }
    const trace = tracing.begin(req, res);
    try {
      setOwnTrace(req, trace);
    } catch (error) {
      tracing.failed('prepare', error);
    }
    trace.run(next);
  };
}

const adapter: RequestAdapter<Request, Response> = {
  changesPrototypes: true,
  method: (req) => req.method,
  path: (req) => withoutHelper(req, pathOf(urlOf(req))),
  hasQuery: (req) => urlOf(req).includes('?'),
  query: (req) => req.query,
  body: (req) => req.body as unknown,
  params: (req) => req.params,
  route: (req) => {
    const path: unknown = req.route?.path;
    if (typeof path !== 'string' && !(path instanceof RegExp) && !Array.isArray(path)) {
      return undefined;
    }
    return withoutHelper(req, `${mountOf(req)}${String(path)}`);
  },
  mount: (req) => mountOf(req) || undefined,
  shown: (req) => getTrace(requestBehind(req)),
  header: (req, name) => {
    const value = req.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  answerHeader: (res, name) => res.getHeader(name),
  setAnswerHeader,
  follow: (trace, req, res, maxBytes) => {
    followResponse(trace, req, res);
    return nodeRequestBody(req, maxBytes);
  },
};

function urlOf(req: Request): string {
  return req.originalUrl ?? req.url;
}

/** `express-ws` runs a WebSocket's route under a path of its own. */
function withoutHelper(req: Request, path: string): string {
  return req.headers.upgrade === undefined ? path : path.replace(/\/\.websocket$/, '');
}
