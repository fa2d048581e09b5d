/** @throws TypeError with that message, unless the condition holds */
export function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

/** A wrong value in a message: a string in quotes, other values as their text. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
