/** Route and mount patterns, from untyped properties that all versions of `@koa/router` and `koa-mount` set on the context. */

import { pathOf } from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

/** A route or middleware of a router. */
interface Layer {
  readonly path: unknown;
  /** Empty for middleware. */
  readonly methods: readonly string[];
  match?(path: string): boolean;
}

/** The pattern of the matched route with the prefixes of its routers; undefined without one. */
export function routeOf(ctx: Context): string | undefined {
  const entered: unknown = ctx._matchedRoute;
  if (entered === undefined || entered === null) return undefined;
  const matched: unknown = ctx.matched;
  if (!Array.isArray(matched)) return String(entered);
  const isRoute = ({ methods }: Layer) => methods.includes(ctx.method);
  const layers = matched as readonly Layer[];
  // The layer entered last may be a router's middleware that responded or failed.
  const layer =
    layers.find((each) => each.path === entered && isRoute(each)) ?? layers.find(isRoute);
  if (layer === undefined) return undefined;
  return `${removedPrefix(ctx, layer)}${String(layer.path)}`;
}

/** The prefix that was removed from the path before the router, as by `koa-mount`. */
function removedPrefix(ctx: Context, layer: Layer): string {
  const path = pathOf(ctx.originalUrl);
  if (!path.startsWith('/')) return '';
  for (let at = 0; at >= 0; at = path.indexOf('/', at + 1)) {
    if (layer.match?.(path.slice(at)) !== false) return path.slice(0, at);
  }
  return '';
}

/** The prefix of `koa-mount`; undefined without one. */
export function mountOf(ctx: Context): string | undefined {
  const { mountPath } = ctx as { readonly mountPath?: unknown };
  if (typeof mountPath !== 'string') return undefined;
  const prefix = mountPath.replace(/\/$/, '');
  if (prefix === '') return undefined;
  const path = pathOf(ctx.originalUrl);
  // Nested mounts set the innermost prefix.
  const at = `${path}/`.indexOf(`${prefix}/`);
  return at < 0 ? undefined : path.slice(0, at + prefix.length);
}
