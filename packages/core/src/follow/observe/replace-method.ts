/**
 * Replaces methods of the app's objects and of its libraries, to observe their calls. The parts of `replaceMethod` serve where a
 * closure for each request would cost too much, where keys must not show, or where an object that cannot be changed is no failure.
 */

/** A method whose arguments are passed on. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Any method, with the receiver and arguments that its object is known to take. */
type AnyMethod = (this: never, ...args: never) => unknown;

/**
 * Replaces a method by assignment, if the object has or inherits one of that name.
 * @param by returns the method that takes the place of the original
 * @throws TypeError if the object cannot be changed
 */
export function replaceMethod<M extends AnyMethod = Method>(
  holder: object,
  name: PropertyKey,
  by: (original: M) => M,
): void {
  const original = methodNamed<M>(holder, name);
  if (original === undefined || assignMethod(holder, name, by(original))) return;
  throw new TypeError(`the method ${String(name)} cannot be replaced`);
}

/** The object's own or inherited method; undefined if it has none of that name. */
export function methodNamed<M extends AnyMethod = Method>(
  holder: object,
  name: PropertyKey,
): M | undefined {
  const method = (holder as Partial<Record<PropertyKey, unknown>>)[name];
  return typeof method === 'function' ? (method as M) : undefined;
}

/**
 * Sets a method by assignment, the fastest way: `Reflect.set` costs half a microsecond more. A new property is enumerable. Never
 * throws.
 * @returns false if the object cannot be changed
 */
export function assignMethod(holder: object, name: PropertyKey, method: AnyMethod): boolean {
  try {
    (holder as Record<PropertyKey, unknown>)[name] = method;
    return true;
  } catch {
    return false;
  }
}

/** Whether `defineMethod` can set all of these methods. Checked before the first one is set, so that none or all of them are. */
export function canDefine(holder: object, names: readonly PropertyKey[]): boolean {
  const isExtensible = Object.isExtensible(holder);
  return names.every((name) => {
    const own = Object.getOwnPropertyDescriptor(holder, name);
    return own === undefined ? isExtensible : own.configurable === true;
  });
}

/**
 * Sets a method as an own property of the object. A new property does not show among the object's keys.
 * @returns false if the object cannot be changed
 */
export function defineMethod(holder: object, name: PropertyKey, method: AnyMethod): boolean {
  return Reflect.defineProperty(holder, name, {
    value: method,
    configurable: true,
    writable: true,
  });
}
