/** The steps of two traces beside each other: the same step of both in one row. */

import type { StepSummary } from '../../../local/src/page-api.js';

export interface AlignedRow {
  readonly key: string;
  readonly level: number;
  readonly a: StepSummary | undefined;
  readonly b: StepSummary | undefined;
}

/** Steps are the same if their names and those of their ancestors are; steps of equal names are paired in order. */
export function alignSteps(
  a: readonly StepSummary[],
  b: readonly StepSummary[],
): readonly AlignedRow[] {
  const keysOfA = keysOf(a);
  const keysOfB = keysOf(b);
  const placeInA = new Map(keysOfA.map((key, place) => [key, place]));
  const placeInB = new Map(keysOfB.map((key, place) => [key, place]));
  const rows: AlignedRow[] = [];
  const isDone = new Set<string>();
  const add = (key: string) => {
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

/** A number for each path of names keeps the keys short, however deep the steps are. */
function keysOf(steps: readonly StepSummary[]): readonly string[] {
  const keys: string[] = [];
  const counts = new Map<string, number>();
  for (const [place, { name, type, parent }] of steps.entries()) {
    // The two roots are paired whatever their names are.
    const own = place === 0 ? 'root' : `${hash(keys[parent] ?? '')} ${type} ${name}`;
    const count = counts.get(own) ?? 0;
    counts.set(own, count + 1);
    keys.push(`${own} ${count}`);
  }
  return keys;
}

function hash(text: string): string {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    first = Math.imul(first ^ code, 2654435761);
    second = Math.imul(second ^ code, 1597334677);
  }
  return `${(first >>> 0).toString(36)}${(second >>> 0).toString(36)}`;
}
