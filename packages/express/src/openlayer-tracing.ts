import {
  type RequestTrace,
  RequestTracing,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { adapter } from './express-adapter.js';

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
    tracing.setTraceOn(req, trace);
    trace.run(next);
  };
}
