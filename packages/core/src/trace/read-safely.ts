/** Reads objects without running code of theirs: accessors are not called, proxies not touched. */

import { isProxy } from '#platform';
import { head } from './well-formed.js';

/** Longest name of a class, an error or a key that is kept. */
export const MAX_NAME_CHARS = 256;

const lookUpGetter = Reflect.get(Object.prototype, '__lookupGetter__') as (
  this: object,
  key: PropertyKey,
) => unknown;

/**
 * Whether reading a property that the object has would run code (ECMA-262, B.2.2.4). Unlike a property descriptor, the
 * answer allocates nothing, and most of what is logged is asked this.
 */
export function hasGetter(value: object, key: PropertyKey): boolean {
  return lookUpGetter.call(value, key) !== undefined;
}

/** The value of a data property of the object or of what it inherits from; undefined for accessors. */
export function inherited(value: object, key: PropertyKey): unknown {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return descriptor.value;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** An error of another realm, or an object made to look like one, such as DOMException. */
export function isErrorLike(value: object): boolean {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    if (holder === Error.prototype) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

/** The name of the object's class. */
export function classOf(value: object): string {
  const made = inherited(value, 'constructor');
  const name = typeof made === 'function' && !isProxy(made) ? inherited(made, 'name') : '';
  return typeof name === 'string' && name !== '' ? head(name, MAX_NAME_CHARS) : 'Object';
}

/** The name that an error goes by, without running code of its own. */
export function errorName(error: object): string {
  const name = isDomException(error) ? error.name : inherited(error, 'name');
  return typeof name === 'string' ? head(name, MAX_NAME_CHARS) : 'Error';
}

/** The message of an error, without running code of its own. */
export function errorMessage(error: object): string {
  const message = isDomException(error) ? error.message : inherited(error, 'message');
  return typeof message === 'string' ? message : '';
}

/** The engine's own accessor for `stack`, in engines where it is one. */
const stackGetter = Object.getOwnPropertyDescriptor(new Error('probe'), 'stack')?.get;

export function errorStack(error: object): string | undefined {
  try {
    const own = Object.getOwnPropertyDescriptor(error, 'stack');
    const isNative = own?.get !== undefined && own.get === stackGetter;
    const stack: unknown = isNative ? Reflect.get(error, 'stack') : own?.value;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    // The engine puts it together when it is read first, of a message whose accessor may throw.
    return undefined;
  }
}

/** Its properties are accessors of the platform's, and safe to call. */
function isDomException(value: object): value is DOMException {
  return (
    typeof DOMException === 'function' && Object.getPrototypeOf(value) === DOMException.prototype
  );
}
