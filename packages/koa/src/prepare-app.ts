/** Prepares a Koa app, once, at its first request. */

import {
  defineTraceProperty,
  onEmit,
  recordRequestError,
  replaceMethod,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

type App = Context['app'];

const preparedApps = new WeakSet<App>();
/** Prototypes of contexts. */
const preparedContexts = new WeakSet<Context>();

/**
 * Defines `trace` on the app's contexts, and records the errors that Koa handles: errors that middleware threw, or handled and
 * emitted, and errors of streams that fail after the middleware.
 */
export function prepareApp(app: App): void {
  if (preparedApps.has(app)) return;
  preparedApps.add(app);
  prepareContexts(Object.getPrototypeOf(app.context) as Context);
  onEmit(app, (event, error, ctx) => {
    if (event === 'error' && hasRequest(ctx)) recordRequestError(ctx.req, error);
  });
}

/** Prepares the prototype of all contexts of one copy of Koa, also those of apps that another app calls. */
function prepareContexts(contexts: Context): void {
  if (preparedContexts.has(contexts)) return;
  preparedContexts.add(contexts);
  defineTraceProperty<Pick<Context, 'req'>>(contexts, (ctx) => ctx.req);
  replaceMethod<Context['onerror']>(
    contexts,
    'onerror',
    (onerror) =>
      function onErrorObserved(this: Context, error) {
        if (error !== undefined && error !== null) recordRequestError(this.req, error);
        onerror.call(this, error);
      },
  );
}

function hasRequest(ctx: unknown): ctx is Context {
  return typeof ctx === 'object' && ctx !== null && 'req' in ctx;
}
