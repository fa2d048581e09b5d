/** Milliseconds with one decimal; undefined if they are not known. */
export function roundedMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
