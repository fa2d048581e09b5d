/** JSON text of the plainest values, as cheap as it gets. */

/** Every character stands for itself between JSON quotes. Anchored: several times faster than a search for the others. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The JSON text of a string. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

const MAX_KNOWN = 1000;
const MAX_KNOWN_CHARS = 64;
const known = new Map<string, string>();

/** The same for names, which come again and again. */
export function quoteName(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const text = quote(name);
  // Names are few in an honest app; one that makes them up must not grow the map.
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_CHARS) known.set(name, text);
  return text;
}

/** `.001` to `.999`, with no trailing zeros; nothing for 0. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  i === 0 ? '' : `.${String(i).padStart(3, '0').replace(/0+$/, '')}`,
);

/** The JSON text of `thousandths / 1000`, put together from whole numbers: several times faster than from a fraction. */
export function inThousandths(thousandths: number): string {
  const whole = Math.floor(thousandths / 1000);
  return `${whole}${THOUSANDTHS[thousandths - whole * 1000]}`;
}

/** The JSON text of a measured number that is not negative, to three decimals: milliseconds to the microsecond. */
export function rounded(value: number): string {
  return inThousandths(Math.round(value * 1000));
}

/** Whole seconds that many times in a row begin with, and their text. */
let seconds = -1;
let secondsText = '';

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  String(i).padStart(3, '0'),
);

/** The text of a whole number that is not negative, such as a time: several times faster where one has the thousands of the one before. */
export function whole(value: number): string {
  if (value < 1000) return String(value);
  const thousands = Math.floor(value / 1000);
  if (thousands !== seconds) {
    seconds = thousands;
    secondsText = String(thousands);
  }
  return secondsText + MILLISECONDS[value - thousands * 1000];
}
