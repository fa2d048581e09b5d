/** What is kept of the names that users give: the platform shows them in lists. */

import { maskUserInfo } from './mask-text.js';
import { head } from './well-formed.js';

const MAX_NAME_CHARS = 256;
const MAX_SEEN_CHARS = 2048;

/** A name of bounded length, or the other one where it is none. */
export function stepName(name: unknown, otherwise: string): string {
  if (typeof name !== 'string' || name === '') return otherwise;
  return name.length > MAX_NAME_CHARS ? `${first(name)}…` : name;
}

/** The key of a column or of metadata, cut where it is too long. */
export function keptKey(key: string): string {
  return key.length > MAX_NAME_CHARS ? first(key) : key;
}

/** Masked before it is cut: a URL that is cut before its host does not look like one. */
function first(name: string): string {
  return head(maskUserInfo(name.slice(0, MAX_SEEN_CHARS), true), MAX_NAME_CHARS);
}
