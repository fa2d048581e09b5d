/** Values that a process has once, although several copies and builds of this package may be loaded. */

/**
 * The value of this name: the same one for all copies and builds of the package.
 * @param name ends with the version of the value's shape, such as `scope.v1`
 * @param make called if there is no such value yet
 */
export function processWide<T extends object>(name: string, make: () => T): T {
  const slot = Symbol.for(`openlayer-tracing.${name}`);
  const holder = globalThis as { [slot]?: T };
  const existing = holder[slot];
  if (existing !== undefined) return existing;
  const value = make();
  Object.defineProperty(holder, slot, { value });
  return value;
}

/**
 * Makes `instanceof` true for objects that other copies and builds of this package made of the same class. Classes that
 * extend it keep the usual `instanceof`.
 */
export function recognizeAcrossCopies(Class: { readonly prototype: object }, name: string): void {
  const mark = Symbol.for(`openlayer-tracing.${name}`);
  Object.defineProperty(Class.prototype, mark, { value: true });
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && mark in value;
    },
  });
}
