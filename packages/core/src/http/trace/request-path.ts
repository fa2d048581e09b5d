/** Paths of requests, with secrets masked. */

import { MASK } from '../../values/redaction/mask-text.js';
import { percentDecoded } from '../../values/text/percent-decoded.js';

/** The path of a URL without its query. An absolute URL (RFC 9112, 3.2.2) loses scheme, user, password and host. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.startsWith('/') ? path : path.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '') || '/';
}

/** The path, with each segment masked that contains one of the values. */
export function maskedPath(path: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return path;
  return path
    .split('/')
    .map((part) => (secrets.some((secret) => percentDecoded(part).includes(secret)) ? MASK : part))
    .join('/');
}

/** The path segments in a parameter's value; a wildcard may have several. */
export function partsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values
    .filter((each) => typeof each === 'string')
    .flatMap((each) => each.split('/'))
    .filter((part) => part !== '');
}
