/** The steps of two traces beside each other: the same step of both in one row. */

import type { StepSummary } from '../../../local/src/page-api.js';

export interface AlignedRow {
  /** The number of the path of names that leads to the step. */
  readonly key: number;
  readonly level: number;
  readonly a: StepSummary | undefined;
  readonly b: StepSummary | undefined;
}

/**
 * Steps are the same if their names and those of their ancestors are; steps of equal names are paired in order.
 * @param numbers those of the paths, added to: with the same map, the same path has the same key again
 */
export function alignSteps(
  a: readonly StepSummary[],
  b: readonly StepSummary[],
  numbers = new Map<string, number>(),
): readonly AlignedRow[] {
  const keysOfA = keysOf(a, numbers);
  const keysOfB = keysOf(b, numbers);
  const placeInA = new Map(keysOfA.map((key, place) => [key, place]));
  const placeInB = new Map(keysOfB.map((key, place) => [key, place]));
  const rows: AlignedRow[] = [];
  const isDone = new Set<number>();
  const add = (key: number) => {
    if (isDone.has(key)) return;
    isDone.add(key);
    const inA = a[placeInA.get(key) ?? -1];
    const inB = b[placeInB.get(key) ?? -1];
    rows.push({ key, level: (inA ?? inB)?.depth ?? 0, a: inA, b: inB });
  };
  let next = 0;
  for (const key of keysOfA) {
    // Steps that only the second trace has keep their position there.
    const place = placeInB.get(key);
    while (place !== undefined && next < place) {
      const other = keysOfB[next];
      if (other !== undefined && !placeInA.has(other)) add(other);
      next++;
    }
    add(key);
  }
  for (const key of keysOfB) add(key);
  return rows;
}

/** A number for each path of names keeps the keys short, however deep the steps are. Both traces share the numbers. */
function keysOf(steps: readonly StepSummary[], numbers: Map<string, number>): readonly number[] {
  const keys: number[] = [];
  const counts = new Map<string, number>();
  for (const [place, { name, type, parent }] of steps.entries()) {
    // The two roots are paired whatever their names are.
    const own = place === 0 ? 'root' : `${keys[parent] ?? -1}\0${type}\0${name}`;
    const count = counts.get(own) ?? 0;
    counts.set(own, count + 1);
    const path = `${own}\0${count}`;
    const key = numbers.get(path) ?? numbers.size;
    numbers.set(path, key);
    keys.push(key);
  }
  return keys;
}
