import {
  followResponse,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  type RequestTrace,
  RequestTracing,
  readInScope,
  setHeaderWithHead,
  setOwnTrace,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { Context, Middleware, Next } from 'koa';
import { prepareApp } from './prepare-app.js';
import { mountOf, routeOf } from './route.js';

declare module 'koa' {
  interface ExtendableContext {
    /** The trace of this request. It is always there; where nothing is recorded it is an inert one. */
    trace: RequestTrace;
  }
}

/**
 * Middleware that opens one trace per request and publishes it when the response truly ends. Mount it first: what
 * stands before it, such as a body parser that answers 400 or 413, is in no trace. Mounted a second time, as behind
 * middleware that answers errors itself, it adds to the same trace.
 *
 * @throws ConfigError where an option cannot work
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
    const trace = tracing.begin(ctx, ctx.res);
    try {
      prepareApp(ctx.app);
    } catch (error) {
      tracing.failed('prepare', error);
    }
    try {
      setOwnTrace(ctx, trace);
      // For an Express app, or whatever else is given the raw request.
      setOwnTrace(ctx.req as { trace?: RequestTrace }, trace);
    } catch (error) {
      tracing.failed('prepare', error);
    }
    let result: unknown;
    try {
      result = await trace.run(next);
    } catch (error) {
      tracing.recordError(ctx.req, error);
      throw error;
    }
    try {
      // Koa reads it when all middleware is done.
      readInScope(trace, ctx.body);
    } catch (error) {
      tracing.failed('body', error);
    }
    return result;
  };
}

interface WithBody {
  readonly body?: unknown;
}

const adapter: RequestAdapter<Context, Context['res']> = {
  method: (ctx) => ctx.method,
  path: (ctx) => pathOf(ctx.originalUrl),
  hasQuery: (ctx) => ctx.originalUrl.includes('?'),
  query: (ctx) => ctx.query,
  // Body parsers leave it at one of them, platforms at the other.
  body: (ctx) => (ctx.request as WithBody).body ?? (ctx.req as WithBody).body,
  params: (ctx) => ctx.params as unknown,
  route: routeOf,
  mount: mountOf,
  shown: (ctx) => (ctx.req as { trace?: unknown }).trace,
  header: (ctx, name) => {
    const value = ctx.req.headers[name];
    return typeof value === 'string' ? value : undefined;
  },
  aliases: (ctx) => [ctx.req],
  answerHeader: (res, name) => res.getHeader(name),
  // Koa takes all headers back before it answers an error.
  setAnswerHeader: setHeaderWithHead,
  follow: (trace, { req, res }, _res, maxBytes) => {
    followResponse(trace, req, res);
    return nodeRequestBody(req, maxBytes);
  },
};
