/** JSON texts of numbers in rows: several times faster than `String()`, which has to find the shortest text of a fraction. */

/** `.001` to `.999`, without trailing zeros; the empty string for 0. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  i === 0 ? '' : `.${String(i).padStart(3, '0').replace(/0+$/, '')}`,
);

/**
 * The JSON text of `thousandths / 1000`, built from integers.
 * @param thousandths an integer from 0 to 2 ** 53
 */
export function thousandthsText(thousandths: number): string {
  const whole = Math.floor(thousandths / 1000);
  return `${whole}${THOUSANDTHS[thousandths - whole * 1000]}`;
}

/** The largest number that keeps three exact decimals. */
const MAX_MEASURED = Number.MAX_SAFE_INTEGER / 1000;

/** The JSON text of a number rounded to three decimals: milliseconds to the microsecond. 0 for negative numbers and NaN. */
export function roundedText(value: number): string {
  if (!(value >= 0)) return '0';
  return thousandthsText(Math.round(Math.min(value, MAX_MEASURED) * 1000));
}

/** The thousands of the last number and their text: times in a row mostly share them. */
let lastThousands = -1;
let lastThousandsText = '';

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  String(i).padStart(3, '0'),
);

/** The text of an integer from 0 on, such as epoch milliseconds. */
export function integerText(value: number): string {
  if (value < 1000) return String(value);
  const thousands = Math.floor(value / 1000);
  if (thousands !== lastThousands) {
    lastThousands = thousands;
    lastThousandsText = String(thousands);
  }
  return lastThousandsText + MILLISECONDS[value - thousands * 1000];
}
