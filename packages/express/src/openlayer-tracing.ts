import {
  nodeRequestBody,
  observeOwnWrites,
  type RequestAdapter,
  type RequestTrace,
  RequestTracing,
  setAnswerHeader,
  setOwnTrace,
  settleAtEnd,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppPreparation } from './prepare-app.js';

declare global {
  namespace Express {
    interface Request {
      /** The trace of this request. It is always there; where nothing is recorded it is an inert one. */
      trace: RequestTrace;
    }
  }
}

/**
 * Middleware that opens one trace per request and publishes it when the response truly ends. Mount it first, or after
 * the body parsers. Mounted a second time, it leads lost code back into the scope of its request's trace.
 *
 * @throws ConfigError where an option cannot work
 *
 * @example
 * app.use(express.json());
 * app.use(openlayerTracing());
 * app.post('/chat', async (req, res) => {
 *   const answer = await req.trace.step('answer', () => model.answer(req.body.question));
 *   res.json({ answer });
 * });
 */
export function openlayerTracing(options: TracingOptions<Request> = {}): RequestHandler {
  const tracing = new RequestTracing(options, adapter);
  const preparation = new AppPreparation({
    onError: (req, error) => tracing.recordError(req, error),
    onRoute: (req) => tracing.enterRoute(req),
  });
  return function openlayerTracing(req: Request, res: Response, next: NextFunction): void {
    try {
      preparation.of(req);
    } catch (error) {
      tracing.failed('prepare', error);
    }
    const trace = tracing.begin(req, res);
    try {
      if (req.trace !== trace) setOwnTrace(req, trace);
    } catch (error) {
      tracing.failed('prepare', error);
    }
    trace.run(next);
  };
}

const adapter: RequestAdapter<Request, Response> = {
  changesPrototypes: true,
  method: (req) => req.method,
  path: (req) => {
    const url = req.originalUrl;
    const query = url.indexOf('?');
    return query < 0 ? url : url.slice(0, query);
  },
  hasQuery: (req) => req.originalUrl.includes('?'),
  query: (req) => req.query,
  body: (req) => req.body as unknown,
  params: (req) => req.params,
  route: (req) => {
    const path: unknown = req.route?.path;
    if (typeof path !== 'string' && !(path instanceof RegExp) && !Array.isArray(path)) {
      return undefined;
    }
    // Express takes it back before its own handler answers an error.
    return `${req.baseUrl ?? ''}${String(path)}`;
  },
  header: (req, name) => {
    const value = req.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  answerHeader: (res, name) => res.getHeader(name),
  setAnswerHeader,
  follow: (trace, req, res, maxBytes) => {
    observeOwnWrites(trace, res);
    settleAtEnd(trace, req, res);
    return nodeRequestBody(req, maxBytes);
  },
};
