/** The columns that the facts of all traces have. */

import { OUTCOMES, type Outcome } from '../../page-api.js';

/** Columns of 64-bit floats: NaN is null. */
export const WIDE = ['time', 'latency', 'firstByte', 'firstToken', 'cost'] as const;

/** Columns of texts, of which only the hashes are kept: 0 is null. */
export const TEXTS = ['pipeline', 'name', 'route', 'user', 'session', 'models'] as const;

/** Columns of counts, as 32-bit integers: `NO_COUNT` is null. */
export const COUNTS = [
  'tokens',
  'promptTokens',
  'completionTokens',
  'steps',
  'bytes',
  'status',
] as const;

/** Columns of 32-bit integers. */
export const NARROW = [...COUNTS, 'flags'] as const;

/** Durations whose quantiles are shown. */
export const DURATIONS = ['latency', 'firstToken'] as const;

export type WideColumn = (typeof WIDE)[number];
export type TextColumn = (typeof TEXTS)[number];
export type NarrowColumn = (typeof NARROW)[number];

/** Stands for null in a column of counts. */
export const NO_COUNT = 0xffffffff;

/** The value in a wide column of numbers; null if it is unknown. */
export function knownValue(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}

/** Outcomes by their code in `flags`. */
export const OUTCOME_CODES: readonly (Outcome | null)[] = [null, ...OUTCOMES];

/** The bits of each fact in `flags`. */
export const FLAGS = {
  outcome: { shift: 0, mask: 7 },
  dialect: { shift: 3, mask: 7 },
  marks: { shift: 6, mask: 511 },
  /** 0 none, 1 neither praise nor blame, 2 positive, 3 negative. */
  feedback: { shift: 15, mask: 3 },
  failed: { shift: 17, mask: 1 },
  deleted: { shift: 18, mask: 1 },
} as const;

/** The value of one fact in `flags`. */
export function flag(flags: number, { shift, mask }: { shift: number; mask: number }): number {
  return (flags >>> shift) & mask;
}

/** Traces in one chunk. A scan checks its time limit once per chunk. */
export const CHUNK_LENGTH = 16_384;

/** An object with a member for each name. */
export function columns<K extends string, T>(
  names: readonly K[],
  make: (name: K, i: number) => T,
): Readonly<Record<K, T>> {
  return Object.fromEntries(names.map((name, i) => [name, make(name, i)])) as Record<K, T>;
}
