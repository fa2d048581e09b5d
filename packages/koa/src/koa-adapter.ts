/** How core reads Koa's contexts, and follows requests and responses. */

import {
  followResponse,
  headerOf,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  setHeaderWithHead,
  signalOfClient,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';
import { prepareApp } from './prepare-app.js';
import { mountOf, routeOf } from './route.js';

export const adapter: RequestAdapter<Context, Context['res']> = {
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

interface WithBody {
  readonly body?: unknown;
  readonly file?: unknown;
  readonly files?: unknown;
}
