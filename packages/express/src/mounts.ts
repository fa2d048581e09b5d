/** Under which patterns the code that runs for a request is mounted: Express itself keeps the paths that matched. */

import { mountPattern, pathForName } from '@openlayer-tracing/core/adapter';
import type { Request } from 'express';
import type { Layer } from './watch-layers.js';

/** By request: the patterns of the mounts that it came through, by the path that each matched. */
const mounts = new WeakMap<Request, Map<string, string>>();

/** The request enters a layer that is mounted at a path. */
export function noteMount(layer: Layer, req: Request): void {
  const { baseUrl } = req;
  if (baseUrl === '') return;
  const patterns = mounts.get(req) ?? new Map<string, string>();
  if (patterns.size === 0) mounts.set(req, patterns);
  if (patterns.has(baseUrl)) return;
  let above = '';
  for (const known of patterns.keys()) {
    if (known.length > above.length && baseUrl.startsWith(`${known}/`)) above = known;
  }
  const matched = baseUrl.slice(above.length);
  const pattern = expressionOf(layer, matched) ?? mountPattern(matched, req.params);
  patterns.set(baseUrl, `${patterns.get(above) ?? ''}${pattern}`);
}

/** The pattern of the request's `baseUrl`; '' where it has none. */
export function mountOf(req: Request): string {
  const baseUrl = req.baseUrl ?? '';
  if (baseUrl === '') return '';
  // What the middleware itself is mounted in was entered before the trace began.
  return mounts.get(req)?.get(baseUrl) ?? pathForName(baseUrl);
}

/** The regular expression that the layer is mounted at, as text; undefined where that is a path. */
function expressionOf(layer: Layer, matched: string): string | undefined {
  const { rawPath, regexp, matchers } = layer;
  if (rawPath !== undefined) {
    const paths: readonly unknown[] = Array.isArray(rawPath) ? rawPath : [rawPath];
    const expression = paths.find((path) => path instanceof RegExp && path.test(matched));
    return expression === undefined ? undefined : String(expression);
  }
  // What Express 4 makes of a path ends like this.
  if (regexp !== undefined)
    return /\(\?=\\\/\|\$\)$/.test(regexp.source) ? undefined : String(regexp);
  // A path without parameters matches nothing but itself.
  const isExpression = matchers?.some((match) => match(`${matched}~`)) === true;
  return isExpression ? '/*' : undefined;
}
