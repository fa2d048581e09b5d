/** Where a request went: what `@koa/router` leaves in the context. It is the same in all of its versions, and untyped. */

import type { Context } from 'koa';

/** A route or a middleware of a router. */
interface Layer {
  readonly path: unknown;
  /** Empty for middleware. */
  readonly methods: readonly string[];
  match?(path: string): boolean;
}

/** The pattern of the route that matched, with the prefixes of its routers; undefined where there is none. */
export function routeOf(ctx: Context): string | undefined {
  const entered: unknown = ctx._matchedRoute;
  if (entered === undefined || entered === null) return undefined;
  const matched: unknown = ctx.matched;
  if (!Array.isArray(matched)) return String(entered);
  const routes = (matched as Layer[]).filter(({ methods }) => methods.includes(ctx.method));
  // The one entered last may be the middleware of a router, where that answered or failed.
  const layer = routes.find(({ path }) => path === entered) ?? routes[0];
  if (layer === undefined) return undefined;
  return `${mountOf(ctx, layer)}${String(layer.path)}`;
}

/** The path that was taken off before the router saw it, as `koa-mount` does. */
function mountOf(ctx: Context, layer: Layer): string {
  const path = pathOf(ctx);
  if (!path.startsWith('/')) return '';
  for (let at = 0; at >= 0; at = path.indexOf('/', at + 1)) {
    if (layer.match?.(path.slice(at)) !== false) return path.slice(0, at);
  }
  return '';
}

/** As the client asked for it, without the query. */
export function pathOf({ originalUrl }: Context): string {
  const query = originalUrl.indexOf('?');
  return query < 0 ? originalUrl : originalUrl.slice(0, query);
}
