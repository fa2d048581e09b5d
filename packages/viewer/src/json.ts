export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object and neither null nor an array. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
