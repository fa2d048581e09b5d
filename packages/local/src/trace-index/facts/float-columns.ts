/** A longer copy of the array, with zeros at its end. */
export function longer(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(array);
  return copy;
}

/** Adds a value, unless it is unknown, to a sum that is unknown without values. NaN is unknown. */
export function addKnown(sums: Float64Array, at: number, value: number): void {
  if (Number.isNaN(value)) return;
  const sum = sums[at] ?? Number.NaN;
  sums[at] = Number.isNaN(sum) ? value : sum + value;
}
