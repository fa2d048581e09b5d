/** Puts a function in the place of an object's method. It shows no more among the object's keys than the one before. */

export function replaceMethod<K extends string, F extends (...args: never[]) => unknown>(
  target: Record<K, F>,
  key: K,
  make: (before: F) => F,
): void {
  const before = target[key];
  const value = make(before);
  Object.defineProperty(value, 'name', { value: before.name, configurable: true });
  Object.defineProperty(value, 'length', { value: before.length, configurable: true });
  Object.defineProperty(target, key, {
    value,
    enumerable: Object.getOwnPropertyDescriptor(target, key)?.enumerable ?? false,
    configurable: true,
    writable: true,
  });
}
