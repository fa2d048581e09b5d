/** Errors with their secrets masked, for diagnostics. */

import {
  dataProperty,
  errorMessage,
  errorName,
  errorStack,
  isDomException,
  isError,
} from '../reading/read-safely.js';
import { MASK } from './mask-text.js';
import type { Redactor } from './redactor.js';

const MAX_DEPTH = 5;
const MAX_ERRORS = 10;
const MAX_CHARS = 65_536;

/**
 * The error itself if it contains no secret, else a copy with secrets masked, of the same prototype. Object properties,
 * such as a client's request with its headers, are left out. At most 10 of `errors`, 5 levels and 65536 characters each.
 */
export function maskedError(error: unknown, redactor: Redactor, depth = 0): unknown {
  if (typeof error === 'string') return masked(error, '', redactor);
  if (typeof error !== 'object' || error === null) return error;
  if (depth > MAX_DEPTH || !isError(error)) return new Error(`thrown ${typeof error}`);
  const copy = emptyCopy(error);
  let isSame = true;
  for (const key of new Set(['message', 'stack', 'cause', 'errors', ...Object.keys(error)])) {
    const value = propertyOf(error, key);
    if (value === undefined) continue;
    const kept = maskedProperty(key, value, redactor, depth);
    isSame &&= kept === value;
    if (kept !== undefined) set(copy, key, kept);
  }
  return isSame ? error : copy;
}

/** The getters of a DOMException work only on one that was constructed. */
function emptyCopy(error: object): object {
  return isDomException(error)
    ? new DOMException('', errorName(error))
    : Object.create(Object.getPrototypeOf(error));
}

function propertyOf(error: object, key: string): unknown {
  if (key === 'stack') return errorStack(error);
  return key === 'message' && isDomException(error)
    ? errorMessage(error)
    : dataProperty(error, key);
}

function maskedProperty(key: string, value: unknown, redactor: Redactor, depth: number): unknown {
  if (typeof value === 'string') return masked(value, key, redactor);
  if (key === 'cause') return maskedError(value, redactor, depth + 1);
  if (typeof value !== 'object' || value === null) return value;
  if (key !== 'errors' || !Array.isArray(value)) return undefined;
  const kept = value.slice(0, MAX_ERRORS).map((each) => maskedError(each, redactor, depth + 1));
  return kept.length === value.length && kept.every((each, i) => each === value[i]) ? value : kept;
}

function masked(text: string, key: string, redactor: Redactor): string {
  if (key !== '' && redactor.isSecret(key)) return MASK;
  return redactor.replaced(redactor.maskedHead(text, MAX_CHARS), key, MAX_CHARS);
}

const HIDDEN: ReadonlySet<string> = new Set(['message', 'stack', 'cause', 'errors']);

function set(copy: object, key: string, value: unknown): void {
  Object.defineProperty(copy, key, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable: !HIDDEN.has(key),
  } as PropertyDescriptor);
}
