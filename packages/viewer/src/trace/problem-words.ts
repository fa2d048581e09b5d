import type { StepProblem } from '../../../local/src/page-api.js';

/** What is wrong with a step, in a sentence without its stop. */
export const PROBLEM_WORDS: Readonly<Record<StepProblem, string>> = {
  'missing-parent': 'Its parent step never arrived, so it is shown at the top level',
  cycle: 'It was recorded as its own ancestor',
  'before-parent': 'It began before its parent step: their clocks differ',
  'after-parent':
    'It ended after its parent step: their clocks differ, or its parent did not wait for it',
  'ends-before-start': 'It ended before it started: the clock was set back',
  'no-end': 'No end was recorded',
};
