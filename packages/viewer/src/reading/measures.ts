/** Sums and parts of measures. */

import type { Measures } from '../../../local/src/page-api.js';

type Unknown = null | undefined;

/** Adds a value to the sum of the known ones, which is `null` as long as none is known. */
export function plusKnown(sum: number | null, value: number | Unknown): number | null {
  return value === null || value === undefined ? sum : (sum ?? 0) + value;
}

/** The sum of the known values; `null` if none is known. */
export function sumOf<T>(all: readonly T[], read: (each: T) => number | Unknown): number | null {
  return all.reduce<number | null>((sum, each) => plusKnown(sum, read(each)), null);
}

/** Parts of the requests that make up all of them: one that was aborted and failed is in `failed` alone. */
export interface Parts {
  readonly completed: number;
  readonly aborted: number;
  readonly failed: number;
}

export function partsOf({
  requests,
  errors,
  aborts,
  failedAborts,
}: Pick<Measures, 'requests' | 'errors' | 'aborts' | 'failedAborts'>): Parts {
  const aborted = aborts - failedAborts;
  return { completed: requests - errors - aborted, aborted, failed: errors };
}
