/** The steps of a trace added up by name and type. */

import type { StepSummary } from '../../../../local/src/page-api.js';
import { plusKnown } from '../../reading/measures.js';
import { selfTime } from './step-times.js';
import type { StepTree } from './step-tree.js';

/** The steps of one name and type. Sums are `null` if no step has such a number. */
export interface NamedSteps {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  /** Milliseconds of all steps; steps within a step of the same name count twice. */
  readonly total: number | null;
  /** Milliseconds of a step, on average of those that have a duration. */
  readonly average: number | null;
  /** Milliseconds in which no child step ran. */
  readonly own: number | null;
  readonly longest: number | null;
  /** Index of the longest step, or of the first if none has a duration. */
  readonly longestStep: number;
  readonly failed: number;
  readonly tokens: number | null;
  readonly cost: number | null;
}

/** Those with the longest self time first. */
export function stepsByName(tree: StepTree): readonly NamedSteps[] {
  const sums = new Map<string, Sum>();
  for (const step of tree.steps) {
    const key = `${step.type}\0${step.name}`;
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = new Sum(step);
      sums.set(key, sum);
    }
    sum.add(step, selfTime(tree, step.index));
  }
  return [...sums.values()].sort(
    (a, b) => (b.own ?? -1) - (a.own ?? -1) || (b.total ?? -1) - (a.total ?? -1),
  );
}

class Sum implements NamedSteps {
  readonly name: string;
  readonly type: string;
  count = 0;
  total: number | null = null;
  own: number | null = null;
  longest: number | null = null;
  longestStep: number;
  failed = 0;
  tokens: number | null = null;
  cost: number | null = null;
  #timed = 0;

  constructor({ name, type, index }: StepSummary) {
    this.name = name;
    this.type = type;
    this.longestStep = index;
  }

  get average(): number | null {
    return this.total === null ? null : this.total / this.#timed;
  }

  add({ index, duration, error, tokens, cost }: StepSummary, own: number | null): void {
    this.count++;
    if (error !== null) this.failed++;
    this.own = plusKnown(this.own, own);
    this.tokens = plusKnown(this.tokens, tokens);
    this.cost = plusKnown(this.cost, cost);
    if (duration === null) return;
    this.#timed++;
    this.total = plusKnown(this.total, duration);
    if (this.longest !== null && duration <= this.longest) return;
    this.longest = duration;
    this.longestStep = index;
  }
}
