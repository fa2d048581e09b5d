/** The contexts of mounted Hono apps. Only they have the part of a request's route below the mount. */

import {
  getTrace,
  innerTraceOf,
  openTraceOf,
  percentDecoded,
  type RequestTrace,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { requestPath } from './route.js';

/** For a trace whose request a mounted app handled, the context of that app. Most traces have none. */
const mountedContexts = new WeakMap<RequestTrace, Context>();

/** Remembers a context that has handled a request, if it is one of a mounted app. Never throws. */
export function rememberMountedContext(c: Context): void {
  const trace = openTraceOf(c) ?? innerTraceOf(c);
  if (trace === undefined) return;
  try {
    if (trace.reader?.isOf(c) === true || trace.method !== c.req.method) return;
    const path = percentDecoded(requestPath(c));
    // A mounted app sees the whole path or its end. `/` is the end of many paths, so that it proves nothing, and no route is below it.
    if (path !== '/' && percentDecoded(trace.path).endsWith(path)) mountedContexts.set(trace, c);
  } catch (error) {
    trace.reportFailure('mount', error);
  }
}

/** The context of the mounted app that handled the request of this context; undefined without one. */
export function mountedContextOf(c: Context): Context | undefined {
  const trace = getTrace(c);
  return trace && mountedContexts.get(trace);
}

/**
 * Whether the request, which was made while the outer one is handled, is the outer one, passed on to another app as by
 * `app.mount()`: whole, or without the part of its path that the handler's pattern begins with.
 */
export function isPassedOn({ req }: Context, { req: outer }: Context): boolean {
  if (req.raw === outer.raw) return true;
  if (req.method !== outer.method) return false;
  const [from, to] = [new URL(outer.url), new URL(req.url)];
  if (from.origin !== to.origin || from.search !== to.search) return false;
  const [whole, part] = [percentDecoded(from.pathname), percentDecoded(to.pathname)];
  if (whole === part) return true;
  const pattern = outer.matchedRoutes[outer.routeIndex]?.path ?? '';
  if (!/[*{]/.test(pattern)) return false;
  // Many paths end with `/`: it counts only if the outer path is the mount itself.
  if (part === '/') return segmentsOf(whole) === segmentsOf(pattern.replace(/\/\*$/, ''));
  return whole.endsWith(part);
}

function segmentsOf(path: string): number {
  return path.split('/').filter((segment) => segment !== '').length;
}
