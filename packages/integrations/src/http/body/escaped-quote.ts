export const BACKSLASH = 92;

/**
 * Whether a quote in JSON is escaped: it comes after an odd number of backslashes.
 * @param start where the string begins in `source`
 * @param before the number of backslashes at the end of the string's part before `source`
 */
export function isEscaped(source: string, start: number, quote: number, before = 0): boolean {
  let at = quote - 1;
  while (at >= start && source.charCodeAt(at) === BACKSLASH) at--;
  const backslashes = quote - 1 - at + (at < start ? before : 0);
  return backslashes % 2 === 1;
}
