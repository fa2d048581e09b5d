/** Tokens and cost of a tree of steps, where any of them told. */

import type { RecordedStep } from './recorded-step.js';
import type { Usage } from './types.js';

/** The sums over the steps. Absent means unknown. */
export function usageOf(root: RecordedStep): Usage {
  return {
    promptTokens: sumOf(root, 'promptTokens'),
    completionTokens: sumOf(root, 'completionTokens'),
    tokens: sumOf(root, 'tokens'),
    cost: sumOf(root, 'cost'),
  };
}

/** The sum of one field over the steps; undefined where none has it. */
export function sumOf(step: RecordedStep, field: keyof Usage): number | undefined {
  const own = step.fields?.get(field);
  let sum = own === undefined || own === 'null' ? undefined : Number(own);
  if (step.children !== undefined) {
    for (const child of step.children) {
      const below = sumOf(child, field);
      if (below !== undefined) sum = (sum ?? 0) + below;
    }
  }
  return sum;
}
