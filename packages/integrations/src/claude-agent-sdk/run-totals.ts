/** Divides the tokens and the cost that the SDK states for a run among its model calls. */

import {
  type RecordedCall,
  type Step,
  startCall,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import {
  countOrUndefined,
  isRecord,
  type Json,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import type { ModelStep } from './model-step.js';

const PARTS = ['input', 'output', 'cached', 'cacheCreation', 'cacheCreationHour'] as const;

/** Our names of providers by those of the SDK. */
const PROVIDERS: Readonly<Record<string, string>> = {
  bedrock: 'bedrock',
  mantle: 'bedrock',
  vertex: 'google',
  foundry: 'azure',
};

/** A model call and its tokens. */
interface Share {
  readonly call: RecordedCall<'chat_completion'>;
  readonly tokens: TokenCounts;
}

/** The totals of a run. */
export class RunTotals {
  readonly #options: CallOptions;
  /** Whether the totals include earlier runs of the session, so that they cannot be divided. */
  readonly #isResumed: boolean;
  readonly #steps: ModelStep[] = [];
  /** Steps for tokens that no message has, by model. */
  readonly #rests = new Map<string, RecordedCall<'chat_completion'>>();
  #modelUsage: Json = {};
  #cost: number | undefined;

  constructor(options: CallOptions, { isResumed }: { readonly isResumed: boolean }) {
    this.#options = options;
    this.#isResumed = isResumed;
  }

  add(step: ModelStep): void {
    this.#steps.push(step);
  }

  /** Reads a result, which has the totals so far. */
  takeResult(result: Json): void {
    if (isRecord(result.modelUsage)) this.#modelUsage = result.modelUsage;
    this.#cost = countOrUndefined(result.total_cost_usd) ?? this.#cost;
  }

  get metadata(): Json {
    return this.#isResumed ? { sessionCostUsd: this.#cost } : { costUsd: this.#cost };
  }

  /** @param parent the parent of steps for tokens that no message has */
  divide(parent: Step): void {
    if (this.#isResumed) return;
    for (const [name, value] of Object.entries(this.#modelUsage)) {
      const usage = objectOrEmpty(value);
      const steps = this.#steps.filter((step) => isModelOf(step.model, name, usage));
      const shares: Share[] = steps.map(({ call, tokens }) => ({ call, tokens }));
      const rest = remainingTokens(totalTokens(usage), steps);
      if (rest !== undefined) {
        const call = this.#ensureRestStep(parent, name);
        call?.end({ ...tokenFields(rest), metadata: { isRestOfRun: true } });
        if (call !== undefined) shares.push({ call, tokens: rest });
      }
      const provider = PROVIDERS[String(usage.provider)];
      if (provider !== undefined && this.#options.provider === undefined) {
        for (const { call } of shares) call.update({ provider });
      }
      // If the SDK has no price for the model, its cost is a guess.
      if (usage.costBasis !== 'unknown') divideCost(countOrUndefined(usage.costUSD), shares);
    }
  }

  #ensureRestStep(parent: Step, name: string): RecordedCall<'chat_completion'> | undefined {
    const before = this.#rests.get(name);
    if (before !== undefined) return before;
    const call = startCall(
      {
        name: 'Claude Chat Completion',
        type: 'chat_completion',
        provider: this.#options.provider ?? 'anthropic',
        model: bareName(name),
      },
      {},
      parent,
    );
    if (call !== undefined) this.#rests.set(name, call);
    return call;
  }
}

/** The SDK marks models whose context is larger than usual. */
function bareName(name: string): string {
  return name.replace(/\[\w+\]$/, '');
}

function isModelOf(model: string | undefined, name: string, usage: Json): boolean {
  return (
    model !== undefined && [bareName(name), stringOrUndefined(usage.canonicalModel)].includes(model)
  );
}

function totalTokens(usage: Json): TokenCounts {
  const cached = countOrUndefined(usage.cacheReadInputTokens);
  const cacheCreation = countOrUndefined(usage.cacheCreationInputTokens);
  const fresh = countOrUndefined(usage.inputTokens);
  return {
    input: fresh === undefined ? undefined : fresh + (cached ?? 0) + (cacheCreation ?? 0),
    output: countOrUndefined(usage.outputTokens),
    cached,
    cacheCreation,
    cacheCreationHour: countOrUndefined(usage.cacheCreationEphemeral1hInputTokens),
  };
}

/** The part of the total that the steps do not have; undefined if they have everything. */
function remainingTokens(total: TokenCounts, steps: readonly ModelStep[]): TokenCounts | undefined {
  const rest: Record<string, number> = {};
  for (const part of PARTS) {
    const counted = steps.reduce((sum, { tokens }) => sum + (tokens[part] ?? 0), 0);
    const left = (total[part] ?? 0) - counted;
    if (left > 0) rest[part] = left;
  }
  return Object.keys(rest).length > 0 ? { input: 0, output: 0, ...rest } : undefined;
}

/** Divides the cost by weight, because the SDK states only the sum. */
function divideCost(cost: number | undefined, shares: readonly Share[]): void {
  const weights = shares.map(({ tokens }) => weightOf(tokens));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  if (cost === undefined || all === 0) return;
  for (const [i, { call }] of shares.entries()) {
    // By its documentation, this is an estimate of the SDK and no bill.
    const estimatedCost = cost * ((weights[i] ?? 0) / all);
    call.addBilling({ estimatedCost });
    if (shares.length > 1) call.update({ metadata: { costIsShare: true } });
  }
}

/** The weight of some tokens, by the ratios of Anthropic's prices. */
function weightOf({
  input,
  output,
  cached,
  cacheCreation,
  cacheCreationHour,
}: TokenCounts): number {
  const written = cacheCreation ?? 0;
  const long = Math.min(cacheCreationHour ?? 0, written);
  const fresh = Math.max((input ?? 0) - (cached ?? 0) - written, 0);
  return fresh + (cached ?? 0) * 0.1 + (written - long) * 1.25 + long * 2 + (output ?? 0) * 5;
}
