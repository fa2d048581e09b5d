/** What an app is given once, at its first request. */

import { defineTrace, onEmit, type RequestTracing } from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

type App = Context['app'];

const prepared = new WeakSet<object>();

/**
 * Gives the contexts of the app a `trace`, and hears of the errors that the app is told: those that no middleware
 * answered, those that one answered and passed on, and those of streams that fail after the middleware.
 */
export function prepareApp(app: App, tracing: RequestTracing<Context, Context['res']>): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  // The contexts of all apps of one copy of Koa inherit from it, also of those that are called and not mounted.
  const contexts = Object.getPrototypeOf(app.context) as Context;
  if (!prepared.has(contexts)) {
    prepared.add(contexts);
    defineTrace<Pick<Context, 'req'>>(contexts, (ctx) => ctx.req);
  }
  onEmit(app, (event, error, ctx) => {
    if (event === 'error' && hasRequest(ctx)) tracing.recordError(ctx.req, error);
  });
}

function hasRequest(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'req' in ctx;
}
