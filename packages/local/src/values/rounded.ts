/** Rounds to thousandths, which hides the floating-point error of differences of epoch times. */
export function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
