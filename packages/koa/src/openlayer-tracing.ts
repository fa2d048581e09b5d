import {
  type RequestTrace,
  RequestTracing,
  readInScope,
  recordRequestError,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { Context, Middleware, Next } from 'koa';
import { adapter } from './koa-adapter.js';

declare module 'koa' {
  interface ExtendableContext {
    /** The trace of this request. Never undefined: if nothing is recorded, it is an inert trace. */
    trace: RequestTrace;
  }
}

/**
 * Middleware that opens one trace for each request and publishes it at the true end of the response: sent, aborted or failed.
 * Mount it first: requests that earlier middleware responds to, such as a body parser with 400 or 413, are not traced. Mounted
 * a second time, such as below middleware that handles errors, it uses the same trace.
 *
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const app = new Koa();
 * app.use(openlayerTracing());
 * app.use(async (ctx) => {
 *   ctx.body = await ctx.trace.step('answer', () => model.answer(String(ctx.query.question)));
 * });
 */
export function openlayerTracing(options: TracingOptions<Context> = {}): Middleware {
  const tracing = new RequestTracing(options, adapter);
  return async function openlayerTracing(ctx: Context, next: Next): Promise<unknown> {
    const trace = tracing.startTrace(ctx, ctx.res);
    tracing.setTraceOn(ctx, trace);
    // For code that is given Node's request, such as an Express app.
    tracing.setTraceOn(ctx.req as { trace?: RequestTrace }, trace);
    let result: unknown;
    try {
      result = await trace.run(next);
    } catch (error) {
      recordRequestError(ctx.req, error);
      throw error;
    }
    try {
      // Koa reads the body after all middleware.
      readInScope(trace, ctx.body);
    } catch (error) {
      tracing.reportFailure('body', error);
    }
    return result;
  };
}
