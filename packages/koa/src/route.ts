/** Route and mount patterns, from untyped properties that all versions of `@koa/router` and `koa-mount` set on the context. */

import { pathOf } from '@openlayer-tracing/core/adapter';
import type { Context } from 'koa';

/** A route or middleware of a router. */
interface Layer {
  readonly path: unknown;
  /** Empty for middleware. */
  readonly methods: readonly string[];
  match?(path: string): boolean;
  captures?(path: string): unknown;
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

/**
 * The prefix that was removed from the path before the router, as by `koa-mount`. A pattern may match behind several prefixes: the
 * one counts that gives the router's captures. `mountPath` decides only between others, since it is still set behind the mount.
 */
function removedPrefix(ctx: Context, layer: Layer): string {
  const { captures, mountPath } = ctx as {
    readonly captures?: unknown;
    readonly mountPath?: unknown;
  };
  const mounted = typeof mountPath === 'string' ? mountPath.replace(/\/$/, '') : undefined;
  const path = pathOf(ctx.originalUrl);
  let found = '';
  let best = -1;
  for (const prefix of prefixesOf(path)) {
    const rest = path.slice(prefix.length) || '/';
    if (layer.match?.(rest) === false) continue;
    const isCaptured = isSameList(captures, layer.captures?.(rest));
    const isMounted = mounted === undefined || (mounted !== '' && prefix.endsWith(mounted));
    const rank = (isCaptured ? 2 : 0) + (isMounted ? 1 : 0);
    if (rank <= best) continue;
    [found, best] = [prefix, rank];
    if (rank === 3) break;
  }
  return found;
}

/** Most prefixes that are tried: a client may send a path of thousands of slashes. */
const MAX_PREFIXES = 50;

/** What may have been removed from the path, shortest first: nothing, `/a` or `/a/b` of `/a/b`. */
function* prefixesOf(path: string): Generator<string> {
  if (!path.startsWith('/')) return;
  let at = 0;
  for (let n = 0; n < MAX_PREFIXES && at >= 0; n++) {
    yield path.slice(0, at);
    at = path.indexOf('/', at + 1);
  }
  if (at < 0 && !path.endsWith('/')) yield path;
}

function isSameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((each, n) => each === b[n]);
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
