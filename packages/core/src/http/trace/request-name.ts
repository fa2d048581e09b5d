/** Names of requests, and paths for them: with ids masked, and parts that may be secrets. */

import { processWide } from '../../platform/process-wide.js';
import { stepName } from '../../trace/content/step-name.js';
import { MASK } from '../../values/redaction/mask-text.js';
import type { RequestFacts } from './request-facts.js';

/** The name of a request: by the option `name`, else by its route, its mount or its path. */
export function requestName(method: string, { route, mount, name, path }: RequestFacts): string {
  const nameByPath =
    route === undefined
      ? `${method} ${mount === undefined ? pathForName(path) : `${mount}/*`}`
      : routeName(method, route);
  return stepName(name, stepName(nameByPath, method));
}

/** Limit for distinct names of requests without a route, since a scanner tries thousands of paths. */
const MAX_NAMES = 256;
const MAX_ROUTES = 1000;
const MAX_METHODS = 50;

const { names, words, routes } = processWide('path-names.v2', () => ({
  names: new Set<string>(),
  /** Segments of the app's own route patterns. */
  words: new Set<string>(),
  /** Names of requests by route and method. */
  routes: new Map<string, Map<string, string>>(),
}));

/** The path with `*` for each segment that looks like an id, for names of requests without a route. */
export function pathForName(path: string): string {
  const name = path
    .split('/')
    .map((part) => (isIdLike(part) ? '*' : part))
    .join('/');
  if (names.has(name)) return name;
  if (names.size >= MAX_NAMES) return '/*';
  names.add(name);
  return name;
}

/**
 * The name of requests of a route, such as `GET /chats/:id`. It is the same string for each request, since a new one would be
 * hashed each time. Remembers the words of the pattern for `pathAtStart`.
 */
export function routeName(method: string, route: string): string {
  const byMethod = namesOfRoute(route);
  const known = byMethod?.get(method);
  if (known !== undefined) return known;
  const name = `${method} ${route}`;
  if (byMethod !== undefined && byMethod.size < MAX_METHODS) byMethod.set(method, name);
  return name;
}

function namesOfRoute(route: string): Map<string, string> | undefined {
  const known = routes.get(route);
  if (known !== undefined || routes.size >= MAX_ROUTES) return known;
  for (const part of route.split('/')) if (/^[\w.-]+$/.test(part)) words.add(part);
  const byMethod = new Map<string, string>();
  routes.set(route, byMethod);
  return byMethod;
}

/** The path with `*` for each unknown segment, for the time before the route is known: a segment may be a secret parameter. */
export function pathAtStart(path: string): string {
  return path
    .split('/')
    .map((part) => (part === '' || words.has(part) ? part : '*'))
    .join('/');
}

/** Whether a segment looks like an id: it has digits (except versions such as `v1`) or special characters, or is long. */
function isIdLike(part: string): boolean {
  if (part.length > 32 || part === MASK) return true;
  return /[\d%@=:;,!$&'()+~]/.test(part) && !/^v\d{1,2}$/i.test(part);
}
