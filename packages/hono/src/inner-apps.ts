/** Contexts of mounted Hono apps, which have the inner part of a request's route. */

import type { RequestTrace } from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';

const outers = new WeakMap<RequestTrace, Context>();
const inners = new WeakMap<Context, Context>();

/** Remembers the context with which a trace began. */
export function keepOuter(trace: RequestTrace, c: Context): void {
  outers.set(trace, c);
}

/** Remembers the context of a mounted app that handled the request of the trace. */
export function keepInner(trace: RequestTrace, c: Context): void {
  const outer = outers.get(trace);
  if (outer === undefined || outer === c || outer.req.method !== c.req.method) return;
  if (c.req.path !== '/' && outer.req.path.endsWith(c.req.path)) inners.set(outer, c);
}

/** The context of the mounted app that handled the request of this context. */
export function innerOf(c: Context): Context | undefined {
  return inners.get(c);
}
