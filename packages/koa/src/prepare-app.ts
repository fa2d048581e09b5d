/** What an app is given once, at its first request. */

import { defineTrace, onEmit, openTraceOf } from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

type App = Context['app'];

const prepared = new WeakSet<object>();

/**
 * Gives contexts a `trace`, and records the errors that Koa is given: those that no middleware answered, those that one
 * answered and passed on, and those of streams that fail after the middleware.
 */
export function prepareApp(app: App): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  prepareContexts(Object.getPrototypeOf(app.context) as Context);
  onEmit(app, (event, error, ctx) => {
    if (event === 'error' && hasRequest(ctx)) openTraceOf(ctx.req)?.recordFirstError(error);
  });
}

/** The contexts of all apps of one copy of Koa inherit from this one, also of those that another app calls. */
function prepareContexts(contexts: Context): void {
  if (prepared.has(contexts)) return;
  prepared.add(contexts);
  defineTrace<Pick<Context, 'req'>>(contexts, (ctx) => ctx.req);
  const { onerror } = contexts;
  contexts.onerror = function onErrorObserved(this: Context, error: Error): void {
    if (error !== undefined && error !== null) openTraceOf(this.req)?.recordFirstError(error);
    onerror.call(this, error);
  };
}

function hasRequest(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'req' in ctx;
}
