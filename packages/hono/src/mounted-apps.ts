/** The contexts of mounted Hono apps, which know the part of a request's route below the mount. */

import type { RequestTrace } from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';

/** The context with which each trace began. */
const contexts = new WeakMap<RequestTrace, Context>();
/** For the context with which a trace began, the one of a mounted app. */
const mountedContexts = new WeakMap<Context, Context>();

/** Remembers the context with which a trace begins. */
export function rememberContext(trace: RequestTrace, c: Context): void {
  contexts.set(trace, c);
}

/** Remembers a context that has handled the request of the trace, if it is one of a mounted app. */
export function rememberMountedContext(trace: RequestTrace, c: Context): void {
  const outer = contexts.get(trace);
  if (outer === undefined || outer === c || outer.req.method !== c.req.method) return;
  // A mounted app sees the whole path or its end. `/` is the end of many paths, so that it proves nothing, and no route is below it.
  if (c.req.path !== '/' && outer.req.path.endsWith(c.req.path)) mountedContexts.set(outer, c);
}

/** The context of the mounted app that handled the request of this context; undefined without one. */
export function mountedContextOf(c: Context): Context | undefined {
  return mountedContexts.get(c);
}
