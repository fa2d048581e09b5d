/** JSON text of the plainest values, as cheap as it gets. */

/** Every character stands for itself between JSON quotes. Anchored: several times faster than a search for the others. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The JSON text of a string. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The JSON text of a measured number, to the microsecond where it is milliseconds. */
export function rounded(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
