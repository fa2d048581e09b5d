/** The steps of a trace added up by name and type. */

import type { StepSummary } from '../../../local/src/page-api.js';
import { type StepTree, selfTime } from './step-tree.js';

export interface NamedSteps {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  /** Milliseconds of all together; steps within a step of the same name count twice. */
  readonly total: number;
  /** Milliseconds in which no step below ran. */
  readonly own: number;
  readonly longest: number;
  /** Index of the longest step, or of the first if none has a duration. */
  readonly longestStep: number;
  readonly failed: number;
  readonly tokens: number | null;
  readonly cost: number | null;
}

/** Those with the longest own time first. */
export function stepsByName(tree: StepTree): readonly NamedSteps[] {
  const sums = new Map<string, { -readonly [Key in keyof NamedSteps]: NamedSteps[Key] }>();
  for (const step of tree.steps) {
    const key = `${step.type} ${step.name}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...first(step), own: selfTime(tree, step.index) ?? 0 });
    else {
      sum.count++;
      sum.total += step.duration ?? 0;
      sum.own += selfTime(tree, step.index) ?? 0;
      if (step.error !== null) sum.failed++;
      if (step.tokens !== null) sum.tokens = (sum.tokens ?? 0) + step.tokens;
      if (step.cost !== null) sum.cost = (sum.cost ?? 0) + step.cost;
      if ((step.duration ?? 0) > sum.longest) {
        sum.longest = step.duration ?? 0;
        sum.longestStep = step.index;
      }
    }
  }
  return [...sums.values()].sort((a, b) => b.own - a.own || b.total - a.total);
}

function first({ index, name, type, duration, error, tokens, cost }: StepSummary) {
  const length = duration ?? 0;
  return {
    ...{ name, type, count: 1, total: length, longest: length, longestStep: index },
    ...{ failed: error === null ? 0 : 1, tokens, cost },
  };
}
