/** @throws TypeError with that message, unless the condition holds */
export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

/** Refuses what is no object, and unknown keys, since a misspelled one would have no effect. @throws TypeError */
export function assertKnown<T extends object>(
  options: T,
  known: Readonly<Record<keyof NoInfer<T>, true>>,
): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  assert(isObject, `options must be an object, not ${formatValue(options)}`);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw new TypeError(`${key} is not known; known keys: ${Object.keys(known).join(', ')}`);
  }
}

/** A wrong value in a message: a string in quotes, other values as their text. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
