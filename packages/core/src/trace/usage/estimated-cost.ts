/** Estimates the cost of a tree of steps, by the costs that are known and the prices of the option `pricing`. */

import type { EndedStep } from '../model/ended-trace.js';
import { numberIn, parsedField, textIn } from '../model/field-values.js';
import { isModelCall } from '../model/step-fields.js';
import type { Usage } from '../model/trace-api.js';
import {
  type Billing,
  isPrice,
  type PricedCall,
  type Pricing,
  type RecordedUsage,
} from './pricing.js';

/** A step with what an integration has recorded of its usage. */
export interface UsageStep extends EndedStep {
  readonly children: readonly UsageStep[] | undefined;
  readonly recordedUsage: RecordedUsage | undefined;
  /** Whether the call failed in a way that its provider does not bill. */
  readonly isUnbilled: boolean;
  /** What `keepEstimate` was given since the last change of the step; undefined if it was not called. */
  readonly estimate: Estimate | undefined;
  keepEstimate(estimate: Estimate): void;
}

/** The estimated cost of a step in US dollars, or the reasons why it has no price. */
export type Estimate = number | readonly string[];

const NO_PRICING: readonly string[] = ['pricing'];
const NOT_LOADED: readonly string[] = ['not_loaded'];
const NO_USAGE: readonly string[] = ['usage'];
const NO_PRICE: readonly string[] = ['price'];

/** The cost of all ended calls below the step, and the reasons why calls have no price. */
export function estimateOf(
  root: UsageStep,
  startedAt: number,
  pricing: Pricing | undefined,
): Pick<Usage, 'estimatedCost' | 'unpricedCalls' | 'unpriced'> {
  let estimatedCost: number | undefined;
  let unpricedCalls = 0;
  const unpriced: Record<string, number> = {};
  const steps = [root];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const stated = statedCostOf(step);
    // The price of an agent covers all its calls.
    const coversChildren = stated !== undefined && !isModelCall(step.type);
    if (step.children !== undefined && !coversChildren) steps.push(...step.children);
    if (!isBilled(step) || step.isRunning) continue;
    const cost = numberIn(step, 'cost') ?? stated ?? priceOf(step, startedAt, pricing);
    if (typeof cost === 'number') {
      estimatedCost = (estimatedCost ?? 0) + cost;
      continue;
    }
    unpricedCalls++;
    for (const reason of cost) unpriced[reason] = (unpriced[reason] ?? 0) + 1;
  }
  return { estimatedCost, unpricedCalls, unpriced };
}

/** The cost in US dollars by the provider or the client, which wins over `pricing`. */
function statedCostOf({ recordedUsage }: UsageStep): number | undefined {
  return recordedUsage?.factors.statedCost ?? recordedUsage?.factors.estimatedCost;
}

/** Types that only group calls: their tokens are the sums over the calls. */
const GROUPS: ReadonlySet<string> = new Set(['user_call', 'agent', 'chain', 'handoff']);

/** Whether a step is a call that its provider bills. */
function isBilled(step: UsageStep): boolean {
  const { recordedUsage, type } = step;
  if (isModelCall(type)) return !isFree(step);
  if (recordedUsage === undefined) return false;
  if (statedCostOf(step) !== undefined) return true;
  return !GROUPS.has(type) && isUsageKnown(callOf(step, 0));
}

/**
 * Whether the call of a model is not billed: the provider refused it, or it only requested work whose result another call has
 * recorded. Usage that is known is billed in any case.
 */
function isFree(step: UsageStep): boolean {
  if (!step.isUnbilled && step.recordedUsage?.isBilledWithResult?.() !== true) return false;
  const isCostKnown = numberIn(step, 'cost') !== undefined || statedCostOf(step) !== undefined;
  return !isCostKnown && !isUsageKnown(callOf(step, 0));
}

function priceOf(step: UsageStep, startedAt: number, pricing: Pricing | undefined): Estimate {
  if (pricing === undefined) return NO_PRICING;
  if (step.estimate !== undefined) return step.estimate;
  const calls = callsOf(step, startedAt);
  if (!calls.every(isUsageKnown)) return NO_USAGE;
  const price = sumOfPrices(calls, pricing);
  if (price !== undefined) {
    step.keepEstimate(price);
    return price;
  }
  if (pricing.ready?.() !== undefined) return NOT_LOADED;
  const reasons = reasonsOf(calls, pricing);
  // Without `ready`, a price may become known at any time.
  if (pricing.ready !== undefined) step.keepEstimate(reasons);
  return reasons;
}

/** Undefined if one of the calls has no price. */
function sumOfPrices(calls: readonly PricedCall[], pricing: Pricing): number | undefined {
  let sum = 0;
  for (const call of calls) {
    const price = call.billing.statedCost ?? pricing.price(call);
    if (!isPrice(price)) return undefined;
    sum += price;
  }
  return sum;
}

function reasonsOf(calls: readonly PricedCall[], pricing: Pricing): readonly string[] {
  const missing = new Set<string>();
  for (const call of calls) {
    if (call.billing.statedCost !== undefined) continue;
    for (const reason of pricing.unpriced?.(call) ?? []) missing.add(reason);
  }
  return missing.size > 0 ? [...missing] : NO_PRICE;
}

/** Whether anything is known that could be priced. */
function isUsageKnown({ promptTokens, completionTokens, billing }: PricedCall): boolean {
  if (promptTokens !== undefined || completionTokens !== undefined) return true;
  const { toolUses, seconds, pictures, characters, units } = billing;
  return [toolUses, seconds, pictures, characters, units].some((each) => each !== undefined);
}

const NO_FACTORS: Billing = {};

function callOf(step: UsageStep, startedAt: number): PricedCall {
  const { tokens, factors = NO_FACTORS } = step.recordedUsage ?? {};
  const isModel = isModelCall(step.type);
  const promptTokens = isModel ? numberIn(step, 'promptTokens') : tokens?.input;
  const hasOutput = step.type === 'chat_completion';
  return {
    provider: textIn(step, 'provider'),
    model: textIn(step, 'model'),
    promptTokens,
    completionTokens: hasOutput ? numberIn(step, 'completionTokens') : tokens?.output,
    usageDetails: parsedField(step, 'usageDetails') as PricedCall['usageDetails'],
    // If the app has changed the count since, the client's counts no longer hold.
    tokens: tokens?.input === promptTokens ? tokens : undefined,
    billing: factors,
    startTime: startedAt + step.startMs,
  };
}

/** The calls that a step stands for. */
function callsOf(step: UsageStep, startedAt: number): readonly PricedCall[] {
  const call = callOf(step, startedAt);
  const { parts = [], tokens } = step.recordedUsage ?? {};
  // If the app has changed the counts since, the counts of the parts no longer hold.
  if (parts.length === 0 || call.tokens !== tokens) return [call];
  return parts.map(({ model = call.model, tokens: counts, billing, calls }) => ({
    ...call,
    ...{ model, tokens: counts, billing, calls },
    ...{ promptTokens: counts?.input, completionTokens: counts?.output, usageDetails: undefined },
  }));
}
