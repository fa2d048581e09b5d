import type { StepProblem } from '../../../../local/src/page-api.js';

/** What is wrong with a step, to follow its name, in a sentence without its stop. */
export const PROBLEM_WORDS: Readonly<Record<StepProblem, string>> = {
  'missing-parent': 'has a parent that never arrived, so it is shown at the top level',
  cycle: 'was recorded as its own ancestor',
  'before-parent': 'began before its parent: their clocks differ',
  'after-parent': 'ended after its parent: their clocks differ, or the parent did not wait for it',
  'ends-before-start': 'ended before it started: the clock was set back',
  'no-end': 'has no recorded end',
};
