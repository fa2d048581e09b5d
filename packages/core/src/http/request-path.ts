/** The path of a request as names and metadata show it: what is secret or changes with each request is left out. */

import { MASK } from '../trace/mask-text.js';

/** Without the query, and without scheme, user, password and host where the client sent an absolute URL (RFC 9112, 3.2.2). */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.startsWith('/') ? path : path.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/';
}

/** The path with each part masked that stands for one of these values. */
export function maskedPath(path: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return path;
  return path
    .split('/')
    .map((part) => (secrets.some((secret) => decoded(part).includes(secret)) ? MASK : part))
    .join('/');
}

/** The texts of a parameter's value: a wildcard may stand for several parts of the path. */
export function partsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((each) => typeof each === 'string')
    .flatMap((each) => each.split('/'))
    .filter((part) => part !== '');
}

/** Distinct names that unrouted requests may make in one process; a scanner tries thousands of paths. */
const MAX_NAMES = 256;
const names = new Set<string>();

/** The path with an asterisk for each part that looks like an id: for names of requests of which no route is known. */
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

const MAX_WORDS = 1000;
/** Parts of paths that the app itself has named, in its routes and mounts. */
const words = new Set<string>();
const patterns = new Set<string>();

/** Takes note of the words of a pattern that the app has given. */
export function learnWords(pattern: string): void {
  if (patterns.has(pattern) || patterns.size >= MAX_WORDS) return;
  patterns.add(pattern);
  for (const part of pattern.split('/')) if (/^[\w.-]+$/.test(part)) words.add(part);
}

/** The path of which nothing is known but its words: any other part may turn out to stand for a secret. */
export function pathAtStart(path: string): string {
  return path
    .split('/')
    .map((part) => (part === '' || words.has(part) ? part : '*'))
    .join('/');
}

/** The pattern of a mount, made of the part of the path that it matched: values of its parameters become their names. */
export function mountPattern(matched: string, params: unknown): string {
  let pattern = decoded(matched);
  if (typeof params !== 'object' || params === null) return pattern;
  let end = pattern.length;
  for (const [name, value] of Object.entries(params).reverse()) {
    const text = Array.isArray(value) ? value.join('/') : value;
    if (typeof text !== 'string' || text === '') continue;
    const at = pattern.lastIndexOf(text, end - text.length);
    if (at < 0 || end < text.length) continue;
    const symbol = /^\d+$/.test(name) ? '*' : Array.isArray(value) ? `*${name}` : `:${name}`;
    pattern = pattern.slice(0, at) + symbol + pattern.slice(at + text.length);
    end = at;
  }
  return pattern;
}

/** Words of a path have no digits, but for versions; ids, hashes, dates and tokens do, or are long. */
function isIdLike(part: string): boolean {
  if (part.length > 32 || part === MASK) return true;
  return /[\d%@=:;,!$&'()+~]/.test(part) && !/^v\d{1,2}$/i.test(part);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
