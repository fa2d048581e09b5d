/** Reads members of rows that anybody may have sent. `null` means unknown. */
import { toJson } from '../values/json.js';

const MAX_COUNT = 2 ** 32 - 2;

/** The number, unless it is NaN or infinite. */
export function finiteOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The number, unless it is negative, NaN or infinite. */
export function nonNegativeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

/** A whole number from 0 to 4 billion. */
export function countOf(value: unknown): number | null {
  const count = nonNegativeOf(value);
  return count !== null && count <= MAX_COUNT ? Math.round(count) : null;
}

/** Adds a value to the sum of the known ones, which is null as long as none is known. */
export function plusKnown(sum: number | null, value: number | null): number | null {
  return value === null ? sum : (sum ?? 0) + value;
}

/** A text as it is, nothing for null, and anything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : toJson(value);
}
