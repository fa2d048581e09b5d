/** Tokens and cost of a tree of steps, where any of them told. */

import { parseJson } from './json-text.js';
import type { PricedCall, Pricing } from './pricing.js';
import type { RecordedStep } from './recorded-step.js';
import { indexOfField } from './step-fields.js';
import type { Usage } from './types.js';

/** The sums over the steps. Absent means unknown. */
export function usageOf(root: RecordedStep, pricing?: Pricing): Usage {
  return {
    promptTokens: sumOf(root, 'promptTokens'),
    completionTokens: sumOf(root, 'completionTokens'),
    tokens: sumOf(root, 'tokens'),
    cost: sumOf(root, 'cost'),
    ...estimateOf(root, pricing),
  };
}

type Count = 'promptTokens' | 'completionTokens' | 'tokens' | 'cost';

/** Of a step that tells what went in and what came out, all tokens are known too. */
function own(step: RecordedStep, field: Count): number | undefined {
  if (step.fields === undefined || !isModelCall(step.type)) return undefined;
  const value = numberIn(step, field);
  if (value !== undefined || field !== 'tokens') return value;
  const prompt = numberIn(step, 'promptTokens');
  const completion = numberIn(step, 'completionTokens');
  return prompt === undefined || completion === undefined ? undefined : prompt + completion;
}

/** A number among the fields of a step's type. */
export function numberIn(step: RecordedStep, field: string): number | undefined {
  const text = fieldText(step, field);
  return text === undefined ? undefined : Number(text);
}

function fieldText(step: RecordedStep, field: string): string | undefined {
  const text = step.fields?.[indexOfField(step.type, field)];
  return text === 'null' ? undefined : text;
}

/** The sum of one field over the steps; undefined where none has it. */
export function sumOf(step: RecordedStep, field: Count): number | undefined {
  let sum = own(step, field);
  const { children } = step;
  if (children === undefined) return sum;
  for (let i = 0; i < children.length; i++) {
    const below = sumOf(children[i] as RecordedStep, field);
    if (below !== undefined) sum = (sum ?? 0) + below;
  }
  return sum;
}

/** The sums of what a row tells of a tree, step by step. */
export class UsageSum {
  cost: number | undefined = undefined;
  tokens: number | undefined = undefined;

  add(step: RecordedStep): void {
    const cost = own(step, 'cost');
    const tokens = own(step, 'tokens');
    if (cost !== undefined) this.cost = (this.cost ?? 0) + cost;
    if (tokens !== undefined) this.tokens = (this.tokens ?? 0) + tokens;
  }
}

/** Whether a step of this type stands for a call of a model. */
export function isModelCall(type: string): boolean {
  return type === 'chat_completion' || type === 'embedding';
}

/** What a step cost by our estimate. It does not change any more once it has ended. */
const estimates = new WeakMap<RecordedStep, number>();

function estimateOf(
  root: RecordedStep,
  pricing: Pricing | undefined,
): Pick<Usage, 'estimatedCost' | 'unpricedCalls'> {
  let estimatedCost: number | undefined;
  let unpricedCalls = 0;
  const steps = [root];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if (step.children !== undefined) steps.push(...step.children);
    if (!isModelCall(step.type) || step.isRunning) continue;
    const cost = numberIn(step, 'cost') ?? priceOf(step, pricing);
    if (cost === undefined) unpricedCalls++;
    else estimatedCost = (estimatedCost ?? 0) + cost;
  }
  return { estimatedCost, unpricedCalls };
}

function priceOf(step: RecordedStep, pricing: Pricing | undefined): number | undefined {
  const known = estimates.get(step);
  if (known !== undefined) return known;
  const call = callOf(step);
  // Without tokens there is nothing to price.
  if (call.promptTokens === undefined && call.completionTokens === undefined) return undefined;
  const price = pricing?.price(call);
  if (price === undefined || !(price >= 0)) return undefined;
  estimates.set(step, price);
  return price;
}

function callOf(step: RecordedStep): PricedCall {
  return {
    provider: textIn(step, 'provider'),
    model: textIn(step, 'model'),
    promptTokens: numberIn(step, 'promptTokens'),
    completionTokens: numberIn(step, 'completionTokens'),
    usageDetails: valueIn(step, 'usageDetails') as PricedCall['usageDetails'],
    startTime: step.trace.startedAt + step.startMs,
  };
}

function textIn(step: RecordedStep, field: string): string | undefined {
  return valueIn(step, field) as string | undefined;
}

function valueIn(step: RecordedStep, field: string): unknown {
  const text = fieldText(step, field);
  return text === undefined ? undefined : parseJson(text);
}
