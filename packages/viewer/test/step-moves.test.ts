import assert from 'node:assert/strict';
import {
  type KnownSteps,
  movedRow,
  movedShown,
  movedStep,
  movesOf,
} from '../src/trace/steps/step-moves.ts';
import { groupRow } from '../src/trace/steps/step-tree.ts';

type StepSummary = KnownSteps['steps'][number];

function stepsOf(...places: readonly (readonly [name: string, start: number])[]): StepSummary[] {
  return places.map(
    ([name, start], index) =>
      // Only what distinguishes steps is here.
      ({ index, name, type: 'tool', start, duration: 5 }) as StepSummary,
  );
}

describe('steps of a trace that is loaded again', () => {
  it('are found at their new places, also if an earlier step moved the start of the trace', () => {
    const before = { steps: stepsOf(['root', 0], ['b', 10], ['c', 20]), time: 1000 };
    const now = { steps: stepsOf(['root', 50], ['a', 0], ['b', 60], ['c', 70]), time: 950 };
    const moves = movesOf(before, now);
    assert.deepEqual([0, 1, 2].map(moves), [0, 2, 3]);
  });

  it('are told apart by their order if they are equal, and are gone if they are not there', () => {
    const before = { steps: stepsOf(['same', 0], ['same', 0], ['gone', 1]), time: 0 };
    const now = { steps: stepsOf(['new', 0], ['same', 0], ['same', 0]), time: 0 };
    const moves = movesOf(before, now);
    assert.deepEqual([0, 1, 2].map(moves), [1, 2, undefined]);
  });

  it('are found although they have ended meanwhile, and equal ones keep their order', () => {
    const open = (index: number, name: string, start: number, duration: number | null) =>
      ({ index, name, type: 'tool', start, duration, parent: index === 0 ? -1 : 0 }) as StepSummary;
    const before = {
      steps: [open(0, 'root', 0, null), open(1, 'x', 1, null), open(2, 'x', 1, 7)],
      time: 0,
    };
    const now = {
      steps: [open(0, 'root', 0, 9), open(1, 'new', 0, 1), open(2, 'x', 1, 5), open(3, 'x', 1, 7)],
      time: 0,
    };
    const moves = movesOf(before, now);
    assert.deepEqual([0, 1, 2].map(moves), [0, 2, 3]);
  });

  it('are the nearest step above them if they are gone', () => {
    const below = (index: number, name: string, parent: number) =>
      ({ index, name, type: 'tool', start: 0, duration: 1, parent }) as StepSummary;
    const before = {
      steps: [below(0, 'root', -1), below(1, 'a', 0), below(2, 'gone', 1), below(3, 'gone too', 2)],
      time: 0,
    };
    const now = { steps: [below(0, 'root', -1), below(1, 'new', 0), below(2, 'a', 0)], time: 0 };
    const moves = movesOf(before, now);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => movedStep(before, index, moves)),
      [0, 2, 2, 2],
    );
    assert.equal(
      movedStep(before, 3, () => undefined),
      0,
    );
  });

  it('stay folded', () => {
    const before = { steps: stepsOf(['a', 0], ['b', 1]), time: 0 };
    const now = { steps: stepsOf(['z', -1], ['a', 0], ['b', 1]), time: 0 };
    const shown = { folded: new Set([0]), openGroups: new Set([1]), modelsOnly: true };
    assert.deepEqual(movedShown(shown, movesOf(before, now)), {
      folded: new Set([1]),
      openGroups: new Set([2]),
      modelsOnly: true,
    });
  });

  it('keep the row that the reader was on, of a step or of a group', () => {
    const before = { steps: stepsOf(['a', 0], ['b', 1], ['gone', 2]), time: 0 };
    const now = { steps: stepsOf(['z', -1], ['a', 0], ['b', 1]), time: 0 };
    const moves = movesOf(before, now);
    assert.deepEqual(
      [0, groupRow(0), groupRow(1), 2, groupRow(2)].map((row) => movedRow(row, moves)),
      [1, groupRow(1), groupRow(2), undefined, undefined],
    );
  });
});
