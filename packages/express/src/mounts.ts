/** Patterns of the mounts that requests passed. Express itself keeps only the matched path. */

import { pathForName, percentDecoded } from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';

/** The part of Express's layers that is used, of Express 4 and 5. */
export interface Layer {
  readonly handle: unknown;
  /** Set on a layer that contains a route. */
  readonly route?: unknown;
  /** Express 5: whether it is mounted at `/`. */
  readonly slash?: boolean;
  /** Express 5.3 and newer: the path as the app gave it. */
  readonly rawPath?: unknown;
  /** Express 5 */
  readonly matchers?: readonly ((path: string) => unknown)[];
  /** Express 4 */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
}

/** For each request, the patterns of the mounts that it passed, by matched path. */
const mounts = new WeakMap<Request, Map<string, string>>();

/** Remembers the pattern of a layer that the request enters. */
export function noteMount(layer: Layer, req: Request): void {
  const { baseUrl } = req;
  if (baseUrl === '') return;
  let patterns = mounts.get(req);
  if (patterns === undefined) {
    patterns = new Map();
    mounts.set(req, patterns);
  }
  if (patterns.has(baseUrl)) return;
  let outer = '';
  for (const path of patterns.keys()) {
    if (path.length > outer.length && baseUrl.startsWith(`${path}/`)) outer = path;
  }
  const pattern = patternOf(layer, baseUrl.slice(outer.length), req.params);
  patterns.set(baseUrl, outer === '' ? pattern : `${patterns.get(outer) ?? ''}${pattern}`);
}

interface KnownPattern {
  readonly matched: string;
  readonly pattern: string;
}

/** The last pattern of each layer without parameters, which nearly all requests find again. */
const knownPatterns = new WeakMap<Layer, KnownPattern>();

function patternOf(layer: Layer, matched: string, params: unknown): string {
  const known = knownPatterns.get(layer);
  const hasParams = hasKeys(params);
  if (!hasParams && known?.matched === matched) return known.pattern;
  const pattern = expressionOf(layer, matched) ?? mountPattern(matched, params);
  if (!hasParams) knownPatterns.set(layer, { matched, pattern });
  return pattern;
}

function hasKeys(params: unknown): boolean {
  for (const _ in (params ?? {}) as object) return true;
  return false;
}

interface KnownRoute extends KnownPattern {
  readonly path: unknown;
}

/** The last pattern of each route: a new string for each request would be hashed each time. */
const knownRoutes = new WeakMap<object, KnownRoute>();

/** The pattern of a route of this path, with that of the mount which the request passed. */
export function routePattern(route: object, path: unknown, req: Request): string {
  const mount = mountOf(req);
  const known = knownRoutes.get(route);
  if (known?.matched === mount && known.path === path) return known.pattern;
  const pattern = `${mount}${String(path)}`;
  knownRoutes.set(route, { matched: mount, path, pattern });
  return pattern;
}

/** The pattern of the request's `baseUrl`; '' where it has none. */
export function mountOf(req: Request): string {
  const baseUrl = req.baseUrl ?? '';
  if (baseUrl === '') return '';
  // The mount that contains the middleware was entered before the trace began.
  return mounts.get(req)?.get(baseUrl) ?? pathForName(baseUrl);
}

/**
 * The pattern of a mount that the request has not entered, because a callback of `param()` has it: the path up to the last
 * parameter, with the names of parameters in place of their values; '' without any.
 */
export function mountOfParams(req: Request): string {
  if (req.baseUrl !== '' || !hasKeys(req.params)) return '';
  const pattern = mountPattern(req.path, req.params);
  const last = Object.keys(req.params).reduce(
    (end, name) => Math.max(end, endOfSegment(pattern, pattern.lastIndexOf(`:${name}`))),
    0,
  );
  return pattern.slice(0, last);
}

/** The end of the path segment that contains this index; 0 for -1. */
function endOfSegment(path: string, at: number): number {
  if (at < 0) return 0;
  const end = path.indexOf('/', at);
  return end < 0 ? path.length : end;
}

/** The regular expression of the layer's mount path, as a string; undefined if the path is no regular expression. */
function expressionOf(layer: Layer, matched: string): string | undefined {
  const { rawPath, regexp, matchers } = layer;
  if (rawPath !== undefined) {
    const paths: readonly unknown[] = Array.isArray(rawPath) ? rawPath : [rawPath];
    const expression = paths.find((path) => path instanceof RegExp && path.test(matched));
    return expression === undefined ? undefined : String(expression);
  }
  // Regular expressions that Express 4 creates from strings end like this.
  if (regexp !== undefined)
    return /\(\?=\\\/\|\$\)$/.test(regexp.source) ? undefined : String(regexp);
  // A path without parameters matches itself alone.
  const isExpression = matchers?.some((match) => match(`${matched}~`)) === true;
  return isExpression ? '/*' : undefined;
}

/** The pattern of a mount by its matched path, with values of parameters replaced by their names. */
function mountPattern(matched: string, params: unknown): string {
  let pattern = percentDecoded(matched);
  if (typeof params !== 'object' || params === null) return pattern;
  let end = pattern.length;
  for (const [name, value] of Object.entries(params).reverse()) {
    const part = Array.isArray(value) ? value.join('/') : value;
    if (typeof part !== 'string' || part === '') continue;
    const at = pattern.lastIndexOf(part, end - part.length);
    if (at < 0 || end < part.length) continue;
    const parameter = /^\d+$/.test(name) ? '*' : Array.isArray(value) ? `*${name}` : `:${name}`;
    pattern = pattern.slice(0, at) + parameter + pattern.slice(at + part.length);
    end = at;
  }
  return pattern;
}
