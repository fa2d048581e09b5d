import {
  nodeRequestBody,
  type RequestReader,
  type RequestTrace,
  RequestTracing,
  type TracingOptions,
  watchResponse,
} from '@openlayer-tracing/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { watchErrors } from './watch-errors.js';

declare global {
  namespace Express {
    interface Request {
      /** The trace of this request. It is always there; where nothing is recorded it is an inert one. */
      trace: RequestTrace;
    }
  }
}

const DEFAULT_MAX_BYTES = 65_536;

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
  const tracing = new RequestTracing(options, reader);
  const maxBytes = options.capture?.maxBytes ?? DEFAULT_MAX_BYTES;
  const onError = (req: Request, error: unknown) => tracing.recordError(req, error);
  return function openlayerTracing(req: Request, res: Response, next: NextFunction): void {
    const trace = tracing.begin(req, responseHeaders(res), (recorded) => {
      watchResponse(recorded, req, res);
      watchErrors(req.app, onError);
      return nodeRequestBody(req, maxBytes, () => req.body as unknown);
    });
    req.trace = trace;
    trace.run(next);
  };
}

function responseHeaders(res: Response) {
  return {
    get: (name: string) => res.getHeader(name),
    set: (name: string, value: string) => {
      if (!res.headersSent) res.setHeader(name, value);
    },
  };
}

const reader: RequestReader<Request> = {
  method: (req) => req.method,
  path: (req) => {
    const url = req.originalUrl;
    const query = url.indexOf('?');
    return query < 0 ? url : url.slice(0, query);
  },
  hasQuery: (req) => req.originalUrl.includes('?'),
  header: (req, name) => {
    const value = req.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  query: (req) => req.query,
  params: (req) => req.params,
  route: (req) => {
    const path: unknown = req.route?.path;
    if (typeof path !== 'string' && !(path instanceof RegExp) && !Array.isArray(path))
      return undefined;
    return `${req.baseUrl}${String(path)}`;
  },
};
