/** Replaces functions of other libraries, so that what the app can see of them stays the same. */

/** Gives `value` the name and length of the function that it stands for. */
export function withSignatureOf<F extends object>(before: object, value: F): F {
  for (const key of ['name', 'length'] as const) {
    const original: unknown = Reflect.get(before, key);
    Object.defineProperty(value, key, { value: original, configurable: true });
  }
  return value;
}

/**
 * Sets a property that does not show among the keys of the object.
 * @returns false if the object cannot be changed
 */
export function defineHidden(target: object, key: string | symbol, value: unknown): boolean {
  return Reflect.defineProperty(target, key, {
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}

/**
 * Runs `fn` while `target` has this property, and gives the object back its own property, if it has one.
 * @param fn called with whether the object could be changed
 */
export function withProperty<R>(
  target: object,
  key: string | symbol,
  value: unknown,
  fn: (isSet: boolean) => R,
): R {
  const own = Object.getOwnPropertyDescriptor(target, key);
  const isSet = Reflect.defineProperty(target, key, { value, configurable: true });
  try {
    return fn(isSet);
  } finally {
    if (isSet && own === undefined) Reflect.deleteProperty(target, key);
    else if (isSet && own !== undefined) Reflect.defineProperty(target, key, own);
  }
}

/**
 * Checks that a property of an object can be set, by assignment or by `replaceMethod`.
 * @param fn the name of the function that the app called, for the message of the error
 * @param parameter what it takes: `client`
 * @throws TypeError if the object is frozen, or sealed without such a property
 */
export function assertChangeable(fn: string, parameter: string, object: object, key: string): void {
  const own = Object.getOwnPropertyDescriptor(object, key);
  if (own === undefined ? Object.isExtensible(object) : own.writable || own.configurable) return;
  throw frozenError(fn, parameter);
}

/** The error for an object that cannot be changed. The parameters are those of `assertChangeable`. */
export function frozenError(fn: string, parameter: string): TypeError {
  return new TypeError(
    `${fn}(${parameter}) cannot trace a ${parameter} that is frozen: trace it first, and freeze it afterwards`,
  );
}

/**
 * Replaces a method by the one that `wrap` returns. The new method has the name and length of the former one; it is enumerable
 * if the former one was an enumerable property of the object itself.
 * @param before the method as it is now; by default what the property returns
 * @returns false if there is no such method: nothing is replaced
 */
export function replaceMethod<T extends object, K extends keyof T & (string | symbol)>(
  target: T,
  key: K,
  wrap: (before: NonNullable<T[K]>) => NonNullable<T[K]>,
  before: unknown = target[key],
): boolean {
  if (typeof before !== 'function') return false;
  const value = wrap(before as unknown as NonNullable<T[K]>);
  const { enumerable = false, configurable = true } =
    Object.getOwnPropertyDescriptor(target, key) ?? {};
  Object.defineProperty(target, key, {
    value: withSignatureOf(before, value as object),
    enumerable,
    configurable,
    writable: true,
  });
  return true;
}
