/** When the steps of a trace ran, and how long by themselves. */

import type { StepSummary } from '../../../../local/src/page-api.js';
import type { StepTree } from './step-tree.js';

/** The part of a step that none of its children ran in, in milliseconds. */
export function selfTime({ steps, end }: StepTree, index: number): number | null {
  const step = steps[index];
  if (step?.start === null || step?.start === undefined || step.duration === null) return null;
  const from = step.start;
  const to = from + step.duration;
  const ranges: [number, number][] = [];
  for (let child = index + 1; child < (end[index] ?? 0); child = end[child] ?? steps.length) {
    const { start = null, duration = null } = steps[child] ?? {};
    if (start === null || duration === null) continue;
    const [begin, stop] = [Math.max(from, start), Math.min(to, start + duration)];
    if (stop > begin) ranges.push([begin, stop]);
  }
  ranges.sort(([a], [b]) => a - b);
  let covered = 0;
  let reached = from;
  for (const [begin, stop] of ranges) {
    if (stop <= reached) continue;
    covered += stop - Math.max(begin, reached);
    reached = stop;
  }
  return Math.max(0, step.duration - covered);
}

const WRONG_CLOCKS: ReadonlySet<string> = new Set([
  'before-parent',
  'after-parent',
  'ends-before-start',
]);

/** Start and end of the common axis, in milliseconds from the start of the trace. */
export function axisOf(
  steps: readonly StepSummary[],
  latency: number | null,
): readonly [number, number] {
  let from = 0;
  let to = latency ?? 0;
  const isWrong = new Uint8Array(steps.length);
  for (const [index, { start, duration, problem, parent }] of steps.entries()) {
    // A clock that is wrong must not squeeze everything else. The steps below have the same clock.
    isWrong[index] =
      isWrong[parent] === 1 || (problem !== null && WRONG_CLOCKS.has(problem)) ? 1 : 0;
    if (start === null || isWrong[index] === 1) continue;
    from = Math.min(from, start);
    to = Math.max(to, start + Math.max(0, duration ?? 0));
  }
  return [from, to > from ? to : from + 1];
}
