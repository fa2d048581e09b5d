/** Replaces functions of other libraries, so that what the app can see of them stays the same. */

/** Gives `value` the name and length of the function that it stands for. */
export function withSignatureOf<F extends object>(before: object, value: F): F {
  for (const key of ['name', 'length'] as const) {
    const original: unknown = Reflect.get(before, key);
    Object.defineProperty(value, key, { value: original, configurable: true });
  }
  return value;
}

/** Sets a property that does not show among the keys of the object. */
export function defineHidden(target: object, key: string | symbol, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
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
  Object.defineProperty(target, key, {
    value: withSignatureOf(before, value as object),
    enumerable: Object.getOwnPropertyDescriptor(target, key)?.enumerable ?? false,
    configurable: true,
    writable: true,
  });
  return true;
}

/**
 * Replaces a method of an object of the app for a short time.
 * @returns a function that restores what was there; undefined if the object cannot be changed
 */
export function replaceForNow(
  target: object,
  key: string,
  value: (...args: unknown[]) => unknown,
): (() => void) | undefined {
  try {
    const own = Object.getOwnPropertyDescriptor(target, key);
    // An own property keeps its place among the keys, and whether it shows there.
    const descriptor =
      own === undefined ? { value, configurable: true, writable: true } : { value };
    if (!Reflect.defineProperty(target, key, descriptor)) return undefined;
    return () => {
      try {
        // Unless the app has replaced it since.
        if (Object.getOwnPropertyDescriptor(target, key)?.value !== value) return;
        if (own === undefined) Reflect.deleteProperty(target, key);
        else Reflect.defineProperty(target, key, own);
      } catch {
        // A Proxy whose handler throws.
      }
    };
  } catch {
    return undefined;
  }
}
