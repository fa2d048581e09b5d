/** Replaces methods of Node's responses. */

import { emitterBehind } from '../../follow/on-emit.js';

/** A method whose arguments are passed on. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

type Holder = Partial<Record<string, Method>>;

/**
 * Replaces a method of the response, and that of the response which it inherits from, if it was made by `Object.create(res)`:
 * the app may call either.
 * @param by returns the method that takes the place of the original
 */
export function replaceMethod(res: object, name: string, by: (original: Method) => Method): void {
  const last = emitterBehind(res);
  for (let holder = res; ; holder = Object.getPrototypeOf(holder)) {
    if (holder === last || Object.hasOwn(holder, name)) replaceOwn(holder, name, by);
    if (holder === last) return;
  }
}

/** Replaces a method on this object alone. A method that is missing or cannot be assigned is left as it is. */
export function replaceOwn(holder: Holder, name: string, by: (original: Method) => Method): void {
  const original = holder[name];
  if (typeof original !== 'function') return;
  // An assignment: `Reflect.set` costs half a microsecond more.
  try {
    holder[name] = by(original);
  } catch {
    // The object is frozen.
  }
}
