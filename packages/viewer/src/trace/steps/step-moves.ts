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

/**
 * Steps are the same if type, name, start and duration are; of the others, such as steps that have ended meanwhile, if type, name
 * and start are. Of equal ones the order tells.
 */
export function movesOf(before: KnownSteps, now: KnownSteps): StepMoves {
  const moves = new Map<number, number>();
  const taken = new Set<number>();
  for (const keyOf of [stepKey, startKey]) {
    const places = new Map<string, number[]>();
    for (const step of now.steps) {
      if (taken.has(step.index)) continue;
      const key = keyOf(step, now.time);
      const known = places.get(key);
      if (known === undefined) places.set(key, [step.index]);
      else known.push(step.index);
    }
    for (const known of places.values()) known.reverse();
    for (const step of before.steps) {
      if (moves.has(step.index)) continue;
      const place = places.get(keyOf(step, before.time))?.pop();
      if (place === undefined) continue;
      moves.set(step.index, place);
      taken.add(place);
    }
  }
  return (index) => moves.get(index);
}

/** Where a step is now; for one that is gone, the nearest step above it that is not. */
export function movedStep({ steps }: KnownSteps, index: number, moves: StepMoves): number {
  for (let at = index; at >= 0; at = steps[at]?.parent ?? -1) {
    const moved = moves(at);
    if (moved !== undefined) return moved;
  }
  return 0;
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

/** @param time when the trace began, in epoch milliseconds */
export function stepKey(step: StepSummary, time: number): string {
  return `${startKey(step, time)}\0${step.duration ?? ''}`;
}

function startKey({ name, type, start }: StepSummary, time: number): string {
  return `${type}\0${name}\0${start === null ? '' : Math.round(time + start)}`;
}
