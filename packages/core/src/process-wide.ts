/** What a process has once, however many copies of this package are installed in it and whichever build loads. */

/**
 * The value of this name. Copies and builds of the package get the same one.
 * @param name ends with the version of the value's shape, such as `scope.v1`
 * @param make called where there is no such value yet
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
 * Makes `instanceof` hold for what other copies and builds of this package made of the same class. A class that extends
 * this one is asked as usual.
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
