/** The contexts of mounted Hono apps. Only they have the part of a request's route below the mount. */

import {
  getTrace,
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
  const trace = openTraceOf(c);
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
