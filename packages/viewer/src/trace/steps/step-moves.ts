/** Finds the steps of a trace again after more of it has arrived, which moves their places. */

import type { StepSummary } from '../../../../local/src/page-api.js';
import { groupAt, groupRow, type StepsShown } from './step-tree.js';

/** The steps of a trace at one time. */
export interface KnownSteps {
  readonly steps: readonly StepSummary[];
  /** When the trace began, in epoch milliseconds: an earlier step moves it. */
  readonly time: number;
}

/** Returns the index that a step has now; undefined if it is gone. */
export type StepMoves = (index: number) => number | undefined;

/** Steps are the same if name, type, start and duration are; of equal ones the order tells. */
export function movesOf(before: KnownSteps, now: KnownSteps): StepMoves {
  const places = new Map<string, number[]>();
  for (const step of now.steps) {
    const key = keyOf(step, now.time);
    const known = places.get(key);
    if (known === undefined) places.set(key, [step.index]);
    else known.push(step.index);
  }
  const moves = new Map<number, number>();
  const taken = new Map<string, number>();
  for (const step of before.steps) {
    const key = keyOf(step, before.time);
    const nth = taken.get(key) ?? 0;
    taken.set(key, nth + 1);
    const place = places.get(key)?.[nth];
    if (place !== undefined) moves.set(step.index, place);
  }
  return (index) => moves.get(index);
}

/** The same rows folded and unfolded as before. */
export function movedShown(shown: StepsShown, moves: StepMoves): StepsShown {
  return {
    ...shown,
    folded: movedSet(shown.folded, moves),
    openGroups: movedSet(shown.openGroups, moves),
  };
}

/** The code of a row, of a step or a group, after the moves; undefined if it is gone. */
export function movedRow(code: number, moves: StepMoves): number | undefined {
  const group = groupAt(code);
  const moved = moves(group ?? code);
  return moved === undefined || group === undefined ? moved : groupRow(moved);
}

function movedSet(set: ReadonlySet<number>, moves: StepMoves): ReadonlySet<number> {
  return new Set([...set].flatMap((index) => moves(index) ?? []));
}

function keyOf({ name, type, start, duration }: StepSummary, time: number): string {
  const at = start === null ? '' : Math.round(time + start);
  return `${type}\0${name}\0${at}\0${duration ?? ''}`;
}
