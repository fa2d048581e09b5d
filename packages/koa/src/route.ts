/** Where a request went: what `@koa/router` leaves in the context. It is the same in all of its versions, and untyped. */

import { pathOf } from '@openlayer-tracing/core/adapter';
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
  return `${takenOff(ctx, layer)}${String(layer.path)}`;
}

/** The path that was taken off before the router saw it, as `koa-mount` does. */
function takenOff(ctx: Context, layer: Layer): string {
  const path = pathOf(ctx.originalUrl);
  if (!path.startsWith('/')) return '';
  for (let at = 0; at >= 0; at = path.indexOf('/', at + 1)) {
    if (layer.match?.(path.slice(at)) !== false) return path.slice(0, at);
  }
  return '';
}

/** The prefix at which `koa-mount` has run what it mounts, whether that answered or passed the request on. */
export function mountOf(ctx: Context): string | undefined {
  const prefix: unknown = ctx.mountPath;
  if (typeof prefix !== 'string' || prefix === '/' || prefix === '') return undefined;
  const path = pathOf(ctx.originalUrl);
  // Mounts that stand in each other leave the innermost prefix.
  const at = path.indexOf(prefix);
  return at < 0 ? undefined : path.slice(0, at + prefix.length);
}
