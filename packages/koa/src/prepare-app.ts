/** Prepares a Koa app, once, at its first request. */

import { defineTrace, onEmit, recordRequestError } from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

type App = Context['app'];

const prepared = new WeakSet<object>();

/**
 * Defines `trace` on contexts, and records the errors that Koa handles: those that no middleware handled, those that middleware
 * handled and emitted, and those of streams that fail after the middleware.
 */
export function prepareApp(app: App): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  prepareContexts(Object.getPrototypeOf(app.context) as Context);
  onEmit(app, (event, error, ctx) => {
    if (event === 'error' && hasRequest(ctx)) recordRequestError(ctx.req, error);
  });
}

/** Prepares the prototype of all contexts of one copy of Koa, also those of apps that another app calls. */
function prepareContexts(contexts: Context): void {
  if (prepared.has(contexts)) return;
  prepared.add(contexts);
  defineTrace<Pick<Context, 'req'>>(contexts, (ctx) => ctx.req);
  const { onerror } = contexts;
  contexts.onerror = function onErrorObserved(this: Context, error: Error): void {
    if (error !== undefined && error !== null) recordRequestError(this.req, error);
    onerror.call(this, error);
  };
}

function hasRequest(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'req' in ctx;
}
