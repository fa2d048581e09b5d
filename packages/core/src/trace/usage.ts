/** Tokens and cost of a tree of steps, where any of them told. */

import type { RecordedStep } from './recorded-step.js';
import { indexOfField } from './step-fields.js';
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

/** Of a step that tells what went in and what came out, all tokens are known too. */
function own(step: RecordedStep, field: keyof Usage): number | undefined {
  const value = fieldOf(step, field);
  if (value !== undefined || field !== 'tokens') return value;
  const prompt = fieldOf(step, 'promptTokens');
  const completion = fieldOf(step, 'completionTokens');
  return prompt === undefined || completion === undefined ? undefined : prompt + completion;
}

function fieldOf(step: RecordedStep, field: keyof Usage): number | undefined {
  const text = step.fields?.[indexOfField(step.type, field)];
  return text === undefined || text === 'null' ? undefined : Number(text);
}

/** The sum of one field over the steps; undefined where none has it. */
export function sumOf(step: RecordedStep, field: keyof Usage): number | undefined {
  let sum = own(step, field);
  if (step.children !== undefined) {
    for (const child of step.children) {
      const below = sumOf(child, field);
      if (below !== undefined) sum = (sum ?? 0) + below;
    }
  }
  return sum;
}
