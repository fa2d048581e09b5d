/** Sums of tokens and cost over a tree of steps. */

import type { EndedStep } from '../model/ended-trace.js';
import { numberIn } from '../model/field-values.js';
import { isModelCall } from '../model/step-fields.js';
import type { Usage } from '../model/types.js';
import { estimateOf, type UsageStep } from './estimated-cost.js';
import type { Pricing } from './pricing.js';

/**
 * The sums over the steps; undefined for what no step has.
 * @param startedAt start of the trace in epoch milliseconds
 */
export function usageOf(root: UsageStep, startedAt: number, pricing?: Pricing): Usage {
  return {
    promptTokens: sumOf(root, 'promptTokens'),
    completionTokens: sumOf(root, 'completionTokens'),
    tokens: sumOf(root, 'tokens'),
    cost: sumOf(root, 'cost'),
    ...estimateOf(root, startedAt, pricing),
  };
}

type Count = 'promptTokens' | 'completionTokens' | 'tokens' | 'cost';

/** The count of the step itself. `tokens` falls back to the sum of prompt and completion tokens. */
function ownCount(step: EndedStep, field: Count): number | undefined {
  if (step.fields === undefined || !isModelCall(step.type)) return undefined;
  const value = numberIn(step, field);
  if (value !== undefined || field !== 'tokens') return value;
  const prompt = numberIn(step, 'promptTokens');
  const completion = numberIn(step, 'completionTokens');
  return prompt === undefined || completion === undefined ? undefined : prompt + completion;
}

/** The sum of one field over the tree; undefined if no step has it. */
export function sumOf(step: EndedStep, field: Count): number | undefined {
  let sum = ownCount(step, field);
  const { children } = step;
  if (children === undefined) return sum;
  for (let i = 0; i < children.length; i++) {
    const below = sumOf(children[i] as EndedStep, field);
    if (below !== undefined) sum = (sum ?? 0) + below;
  }
  return sum;
}

/** Adds up the `cost` and `tokens` of a row while its steps are written. */
export class UsageSum {
  #cost: number | undefined = undefined;
  #tokens: number | undefined = undefined;

  /** US dollars; undefined if no step has a cost. */
  get cost(): number | undefined {
    return this.#cost;
  }

  /** Undefined if no step has tokens. */
  get tokens(): number | undefined {
    return this.#tokens;
  }

  /** Adds the cost and tokens of one step, without the steps below. */
  add(step: EndedStep): void {
    const cost = ownCount(step, 'cost');
    const tokens = ownCount(step, 'tokens');
    if (cost !== undefined) this.#cost = (this.#cost ?? 0) + cost;
    if (tokens !== undefined) this.#tokens = (this.#tokens ?? 0) + tokens;
  }
}
