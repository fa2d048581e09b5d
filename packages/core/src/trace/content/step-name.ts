/** Limits the length of names that users give. */

import { MAX_NAME_CHARS } from '../../values/reading/read-safely.js';
import { maskUserInfo } from '../../values/redaction/mask-text.js';
import { cutTo } from '../../values/text/well-formed.js';

const MAX_SEEN_CHARS = 2048;

/** The name, cut to 256 characters; `otherwise` if it is empty or not a string. */
export function stepName(name: unknown, otherwise: string): string {
  if (typeof name !== 'string' || name === '') return otherwise;
  return name.length > MAX_NAME_CHARS ? `${first(name)}…` : name;
}

/** The key of a column or of metadata, cut to 256 characters. */
export function cutKey(key: string): string {
  return key.length > MAX_NAME_CHARS ? first(key) : key;
}

/** Masked before the cut, since a URL that is cut before its host is not recognised. */
function first(name: string): string {
  const seen = name.slice(0, MAX_SEEN_CHARS);
  const isCut = seen.length < name.length;
  return cutTo(maskUserInfo(seen, { isCut }), MAX_NAME_CHARS);
}
