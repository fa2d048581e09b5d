/** Reads objects without running their code: calls no accessor and touches no proxy. */

import { isNativeError, isProxy } from '#platform';
import { cutTo } from '../text/well-formed.js';

/** Longest name of a class, error, step or key that is kept; longer ones are cut. */
export const MAX_NAME_CHARS = 256;

const lookUpGetter = Reflect.get(Object.prototype, '__lookupGetter__') as (
  this: object,
  key: PropertyKey,
) => unknown;

/**
 * Whether reading a property of the object would call a getter (ECMA-262, B.2.2.4). Unlike
 * `getOwnPropertyDescriptor`, it allocates nothing; it runs for nearly every logged value.
 */
export function hasGetter(value: object, key: PropertyKey): boolean {
  return lookUpGetter.call(value, key) !== undefined;
}

/** The value of an own or inherited data property; undefined for accessors. */
export function dataProperty(value: object, key: PropertyKey): unknown {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return descriptor.value;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** Whether the object has or inherits that method. */
export function hasMethod(object: object, key: PropertyKey): boolean {
  return typeof dataProperty(object, key) === 'function';
}

/** Whether the object has or inherits a property of one of these names, accessors included. */
export function hasAnyProperty(object: object, keys: readonly PropertyKey[]): boolean {
  let holder: object | null = object;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    for (const key of keys) if (Object.hasOwn(holder, key)) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

/** The methods of each Observable of RxJS. Other objects have a method `subscribe` too: stores, channels, event buses. */
const OBSERVABLE_METHODS = ['subscribe', 'pipe', 'forEach'] as const;

/** Whether it is an Observable of RxJS, or a subject. */
export function isObservable(object: object): boolean {
  if (!OBSERVABLE_METHODS.every((name) => hasMethod(object, name))) return false;
  const { observable } = Symbol as { observable?: symbol };
  return (
    hasMethod(object, '@@observable') || (observable !== undefined && hasMethod(object, observable))
  );
}

/** Whether it is an error of any realm, or an object that inherits from one of this realm, as DOMException does. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false;
  return isNativeError(value) || inherits(value, Error.prototype, domExceptions());
}

function inherits(value: object, ...prototypes: readonly (object | undefined)[]): boolean {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    if (prototypes.includes(holder)) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

function domExceptions(): object | undefined {
  return typeof DOMException === 'function' ? DOMException.prototype : undefined;
}

/** The name of the object's class; `Object` if it has none. */
export function classOf(value: object): string {
  const creator = dataProperty(value, 'constructor');
  const name =
    typeof creator === 'function' && !isProxy(creator) ? dataProperty(creator, 'name') : '';
  return typeof name === 'string' && name !== '' ? cutTo(name, MAX_NAME_CHARS) : 'Object';
}

/**
 * The `name` of an error, read without running its code. If that is missing or only `Error`, as in a class that does not set it,
 * the name of its class.
 */
export function errorName(error: object): string {
  const name = domExceptionText(error, 'name') ?? dataProperty(error, 'name');
  if (typeof name === 'string' && name !== '' && name !== 'Error')
    return cutTo(name, MAX_NAME_CHARS);
  const ofClass = isError(error) ? classOf(error) : '';
  // A minifier leaves one or two letters.
  return ofClass.length > 3 && ofClass !== 'Object' ? ofClass : 'Error';
}

/** The `message` of an error, read without running its code; '' if it is not a string. */
export function errorMessage(error: object): string {
  const message = domExceptionText(error, 'message') ?? dataProperty(error, 'message');
  return typeof message === 'string' ? message : '';
}

/** The engine's own accessor for `stack`, in engines where `stack` is an accessor. */
const stackGetter = Object.getOwnPropertyDescriptor(new Error('probe'), 'stack')?.get;

/** The `stack` of an error, read without running its code; undefined if it is not a string. */
export function errorStack(error: object): string | undefined {
  try {
    const own = Object.getOwnPropertyDescriptor(error, 'stack');
    const isNative = own?.get !== undefined && own.get === stackGetter;
    const stack: unknown = isNative ? Reflect.get(error, 'stack') : own?.value;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    // The engine builds the stack at the first read, from a message whose accessor may throw.
    return undefined;
  }
}

/** A property of a DOMException, which is an accessor of the platform that is safe to call; undefined for other errors. */
function domExceptionText(error: object, key: 'name' | 'message'): unknown {
  try {
    return isDomException(error) && !Object.hasOwn(error, key)
      ? Reflect.get(DOMException.prototype, key, error)
      : undefined;
  } catch {
    // An object that only inherits from a DOMException.
    return undefined;
  }
}

/** Also of subclasses. In Jest, `Error` is one of the test's realm, but DOMException is that of Node. */
export function isDomException(value: object): value is DOMException {
  return inherits(value, domExceptions());
}
