/** Sums of tokens and cost over a tree of steps. */

import type { EndedStep } from '../model/ended-trace.js';
import { numberIn } from '../model/field-values.js';
import { isModelCall } from '../model/step-fields.js';
import type { Usage } from '../model/trace-api.js';
import { estimateOf, type UsageStep } from './estimated-cost.js';
import type { Pricing } from './pricing.js';

/** The usage of a trace without any. */
export const NOTHING_USED: Usage = {
  promptTokens: undefined,
  completionTokens: undefined,
  tokens: undefined,
  cost: undefined,
  estimatedCost: undefined,
  unpricedCalls: 0,
  unpriced: {},
};

/**
 * The sums over the steps; undefined for what no step has.
 * @param startedAt start of the trace in epoch milliseconds
 */
export function usageOf(root: UsageStep, startedAt: number, pricing?: Pricing): Usage {
  const sum = new UsageSum();
  sum.addTree(root);
  const { promptTokens, completionTokens, tokens, cost } = sum;
  return {
    promptTokens,
    completionTokens,
    tokens,
    cost,
    ...estimateOf(root, startedAt, pricing),
  };
}

/** Adds up the tokens and costs of model calls. Each sum is undefined if no step has the value. */
export class UsageSum {
  #promptTokens: number | undefined = undefined;
  #completionTokens: number | undefined = undefined;
  #tokens: number | undefined = undefined;
  #cost: number | undefined = undefined;

  get promptTokens(): number | undefined {
    return this.#promptTokens;
  }

  get completionTokens(): number | undefined {
    return this.#completionTokens;
  }

  /** A step without `tokens` counts with its prompt and completion tokens, if it has both. */
  get tokens(): number | undefined {
    return this.#tokens;
  }

  /** US dollars. */
  get cost(): number | undefined {
    return this.#cost;
  }

  /** Adds the tokens and cost of one step, for a row, which has no columns for the parts of the tokens. */
  add(step: EndedStep): void {
    if (step.fields === undefined || !isModelCall(step.type)) return;
    this.#cost = plus(this.#cost, numberIn(step, 'cost'));
    this.#tokens = plus(this.#tokens, numberIn(step, 'tokens') ?? sumOfParts(step));
  }

  /** Adds all values of a step and of the steps below, in the order in which a row adds them. */
  addTree(step: EndedStep): void {
    const { children } = step;
    if (children !== undefined) {
      for (let i = 0; i < children.length; i++) this.addTree(children[i] as EndedStep);
    }
    this.add(step);
    this.#addParts(step);
  }

  #addParts(step: EndedStep): void {
    if (step.fields === undefined || !isModelCall(step.type)) return;
    this.#promptTokens = plus(this.#promptTokens, numberIn(step, 'promptTokens'));
    this.#completionTokens = plus(this.#completionTokens, numberIn(step, 'completionTokens'));
  }
}

function sumOfParts(step: EndedStep): number | undefined {
  const prompt = numberIn(step, 'promptTokens');
  const completion = numberIn(step, 'completionTokens');
  return prompt === undefined || completion === undefined ? undefined : prompt + completion;
}

function plus(sum: number | undefined, value: number | undefined): number | undefined {
  return value === undefined ? sum : (sum ?? 0) + value;
}
