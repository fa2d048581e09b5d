import {
  followResponse,
  headerOf,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  type RequestTrace,
  RequestTracing,
  readInScope,
  recordRequestError,
  setHeaderWithHead,
  signalOfClient,
  type TracingOptions,
} from '@openlayer-tracing/core/adapter';
import type { Context, Middleware, Next } from 'koa';
import { prepareApp } from './prepare-app.js';
import { mountOf, routeOf } from './route.js';

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
    tracing.showOn(ctx, trace);
    // For code that is given Node's request, such as an Express app.
    tracing.showOn(ctx.req as { trace?: RequestTrace }, trace);
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

interface WithBody {
  readonly body?: unknown;
  readonly file?: unknown;
  readonly files?: unknown;
}

const adapter: RequestAdapter<Context, Context['res']> = {
  prepare: ({ app }) => prepareApp(app),
  method: (ctx) => ctx.method,
  path: (ctx) => pathOf(ctx.originalUrl),
  hasQuery: (ctx) => ctx.originalUrl.includes('?'),
  query: (ctx) => ctx.query,
  // Body parsers set `ctx.request.body`, serverless platforms `ctx.req.body`.
  body: (ctx) => (ctx.request as WithBody).body ?? (ctx.req as WithBody).body,
  // `@koa/multer` sets them on Node's request, `koa-body` on Koa's.
  files: (ctx) => {
    const { file, files } = ctx.req as WithBody;
    return [file, files, (ctx.request as WithBody).files];
  },
  params: (ctx) => ctx.params as unknown,
  route: routeOf,
  mount: mountOf,
  traceOnRequest: (ctx) => (ctx.req as { trace?: unknown }).trace,
  header: ({ req }, name) => headerOf(req, name),
  aliases: (ctx) => [ctx.req],
  responseHeader: (res, name) => res.getHeader(name),
  // Koa removes all headers before it responds to an error.
  setResponseHeader: setHeaderWithHead,
  clientSignal: (_ctx, res) => signalOfClient(res),
  requestBody: ({ req }, maxBytes) => nodeRequestBody(req, maxBytes),
  follow: (trace, { req }, res) => followResponse(trace, req, res),
};
