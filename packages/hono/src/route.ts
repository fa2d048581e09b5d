/** Paths, route patterns and parameters. Finds the route among the handlers that Hono has matched. */

import { pathOf } from '@openlayer-tracing/core/adapter';
import type { Context, MiddlewareHandler } from 'hono';

/** The path of the request's URL. Hono's `c.req.path` may be another one, by the app's option `getPath`. */
export function requestPath({ req: { url } }: Context): string {
  const fragment = url.indexOf('#');
  return pathOf(fragment < 0 ? url : url.slice(0, fragment));
}

/** The pattern of the route or mount that handled the request. */
export function routeOf(c: Context): string | undefined {
  const { matchedRoutes } = c.req;
  const index = routeIndexOf(c, matchedRoutes);
  return index === undefined ? undefined : matchedRoutes[index]?.path;
}

/** The parameters of that route. */
export function paramsOf(c: Context): Record<string, string> {
  const { matchedRoutes, routeIndex } = c.req;
  try {
    c.req.routeIndex = routeIndexOf(c, matchedRoutes) ?? routeIndex;
    return c.req.param();
  } finally {
    c.req.routeIndex = routeIndex;
  }
}

/**
 * The index of the route among the matched handlers: the last handler that ran, if it is a route; else a route below it that
 * would have run; else the innermost mount. Undefined for a request that no route matched.
 */
function routeIndexOf(c: Context, routes: readonly MatchedRoute[]): number | undefined {
  const { routeIndex: last } = c.req;
  const lastRun = routes[last];
  if (lastRun === undefined) return undefined;
  if (isRoute(lastRun)) return last;
  const mount = lastRun.path.slice(0, -1);
  const below = routes.findLastIndex((route) => isRoute(route) && route.path.startsWith(mount));
  if (below >= 0) return below;
  if (isFinal(lastRun.handler as MiddlewareHandler)) return last;
  const inner = routes.slice(0, last + 1).findLastIndex(({ path }) => path !== WHOLE_APP);
  if (inner >= 0) return inner;
  return c.finalized && c.res.status === 404 ? undefined : last;
}

type MatchedRoute = Context['req']['matchedRoutes'][number];

/** The pattern of middleware for all requests. */
const WHOLE_APP = '/*';

/** Whether a matched handler is a route. Middleware has all methods and a path that ends in a wildcard. */
function isRoute({ method, path }: MatchedRoute): boolean {
  return !(method === 'ALL' && path.endsWith('*'));
}

/** Whether a handler takes no `next`, so that no other runs after it. */
function isFinal(handler: MiddlewareHandler): boolean {
  // A sub-app with an error handler wraps its handlers, which then take two parameters like middleware.
  const own: unknown = Reflect.get(handler, COMPOSED_HANDLER);
  return typeof own === 'function' ? isFinal(own as MiddlewareHandler) : handler.length === 1;
}

/** The property in which Hono keeps the wrapped handler. */
const COMPOSED_HANDLER = '__COMPOSED_HANDLER';
