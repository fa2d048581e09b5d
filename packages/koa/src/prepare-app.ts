/** What an app is given once, at its first request, so that no request has to be changed. */

import {
  getTrace,
  InertTrace,
  onEmit,
  type RequestTrace,
  type RequestTracing,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

type App = Context['app'];

const prepared = new WeakSet<App>();

/**
 * Gives the contexts of the app a `trace`, and hears of the errors that the app is told: those that no middleware
 * answered, those that one answered and passed on, and those of streams that fail after the middleware.
 */
export function prepareApp(app: App, tracing: RequestTracing<Context, Context['res']>): void {
  if (prepared.has(app)) return;
  prepared.add(app);
  Object.defineProperty(app.context, 'trace', {
    configurable: true,
    enumerable: true,
    get(this: Context): RequestTrace {
      return getTrace(this.req) ?? new InertTrace();
    },
    set(this: Context, value: RequestTrace) {
      setOwnTrace(this, value);
    },
  });
  onEmit(app, (event, error, ctx) => {
    if (event === 'error' && hasRequest(ctx)) tracing.recordError(ctx.req, error);
  });
}

/** For an app that has a `trace` of its own in the way. */
export function setOwnTrace(ctx: Context, trace: RequestTrace): void {
  Object.defineProperty(ctx, 'trace', {
    value: trace,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function hasRequest(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'req' in ctx;
}
