/** Hono apps that a request goes through one after the other: what is mounted knows more of the route than its mount. */

import type { RequestTrace } from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';

const outers = new WeakMap<RequestTrace, Context>();
const inners = new WeakMap<Context, Context>();

/** The context that a trace began with. */
export function keepOuter(trace: RequestTrace, c: Context): void {
  outers.set(trace, c);
}

/** Keeps the context of an app that was run within the trace, where it has answered for the one that the trace began with. */
export function keepInner(trace: RequestTrace, c: Context): void {
  const outer = outers.get(trace);
  if (outer === undefined || outer === c || outer.req.method !== c.req.method) return;
  if (c.req.path !== '/' && outer.req.path.endsWith(c.req.path)) inners.set(outer, c);
}

/** The context of the app that has answered in the place of this one. */
export function innerOf(c: Context): Context | undefined {
  return inners.get(c);
}
