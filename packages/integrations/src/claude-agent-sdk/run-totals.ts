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
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordArray } from '../common/words.js';
import { anthropicTokens } from '../shapes/anthropic/usage.js';
import type { ModelStep } from './model-step.js';
import { hasFailed } from './run-facts.js';

const PARTS = ['input', 'output', 'cached', 'cacheCreation', 'cacheCreationHour'] as const;

/** The numbers of a model's totals, which increase with each result. */
const NUMBERS = wordArray(`
  inputTokens outputTokens cacheReadInputTokens cacheCreationInputTokens
  cacheCreationEphemeral1hInputTokens costUSD
`);

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

/** A model call of the run, and whether the run itself made it and not a subagent. */
interface RunStep {
  readonly step: ModelStep;
  readonly isMain: boolean;
}

/** The totals of one model, which may have several names. */
interface ModelTotal {
  /** The name by which it was requested. */
  readonly name: string;
  readonly tokens: TokenCounts;
  /** Undefined if it is unknown, or if the SDK has no price for the model, so that its cost is a guess. */
  readonly cost: number | undefined;
  readonly provider: string | undefined;
}

/** The model calls between two resets of the SDK's totals. */
interface Period {
  /** What the totals were at its start, by the SDK's names of models; undefined if they include unknown earlier runs. */
  readonly before: JsonObject | undefined;
  readonly steps: ModelStep[];
  /** Steps for tokens that no message has, by model. */
  readonly rests: Map<string, RecordedCall<'chat_completion'>>;
}

/**
 * The totals of a run. Each result states the totals since the last reset, such as `/clear`, and they are divided among the model
 * calls since then. A resumed session states the totals of the whole session: what the run itself used is known from its second
 * result on, and for the first one only by the usage of the main loop.
 */
export class RunTotals {
  readonly #options: CallOptions;
  readonly #isResumed: boolean;
  #period: Period;
  /** The model calls since the last result. */
  readonly #turn: RunStep[] = [];
  #modelUsage: JsonObject | undefined;
  /** Since the last reset. */
  #cost: number | undefined;
  #costBeforeReset = 0;
  #isReset = false;
  #isMainLoopOnly = false;

  /** @param isResumed whether the totals may include earlier runs of the session */
  constructor(options: CallOptions, { isResumed }: { readonly isResumed: boolean }) {
    this.#options = options;
    this.#isResumed = isResumed;
    this.#period = periodAfter(isResumed ? undefined : {});
  }

  add(step: ModelStep, { isMain }: { readonly isMain: boolean }): void {
    this.#turn.push({ step, isMain });
  }

  get metadata(): JsonObject {
    const cost = this.#cost === undefined ? undefined : this.#costBeforeReset + this.#cost;
    return definedFields({
      ...(this.#isResumed ? { sessionCostUsd: cost } : { costUsd: cost }),
      modelUsage: this.#modelUsage,
      countsMainLoopOnly: this.#isMainLoopOnly || undefined,
    });
  }

  /** Reads a message that the conversation was discarded. Of its causes, only `/clear` is known to reset the totals. */
  readConversationReset({ trigger }: JsonObject): void {
    // Without a result, nothing states what these used.
    this.#endTurn();
    this.#isReset ||= trigger === 'clear';
  }

  /**
   * Reads a result, and divides the totals that it states.
   * @param parent the parent of steps for tokens that no message has
   */
  readResult(result: JsonObject, parent: Step): void {
    const isLower = this.#isLower(result);
    // The result of a crash may have zeros in place of the totals.
    if (hasFailed(result) && (isZero(result) || (isLower && !this.#isReset))) return;
    // After `/clear`, a result without model calls that states the old totals was made before they were reset.
    if (isLower || (this.#isReset && this.#turn.length > 0)) {
      this.#costBeforeReset += this.#cost ?? 0;
      this.#cost = undefined;
      this.#period = periodAfter({});
      this.#isReset = false;
    }
    if (isJsonObject(result.modelUsage)) this.#modelUsage = result.modelUsage;
    this.#cost = countOrUndefined(result.total_cost_usd) ?? this.#cost;
    const turn = this.#endTurn();
    const { before } = this.#period;
    if (before !== undefined) {
      this.#divide(usageSince(before, this.#modelUsage ?? {}), parent);
      return;
    }
    this.#isMainLoopOnly = true;
    this.#addRestOfTurn(turn, objectOrEmpty(result.usage), parent);
    if (this.#modelUsage !== undefined) this.#period = periodAfter(this.#modelUsage);
  }

  /** Moves the model calls of the turn to the period. */
  #endTurn(): readonly RunStep[] {
    const turn = this.#turn.splice(0);
    this.#period.steps.push(...turn.map(({ step }) => step));
    return turn;
  }

  #isLower(result: JsonObject): boolean {
    const cost = countOrUndefined(result.total_cost_usd);
    if (cost !== undefined && cost < (this.#cost ?? 0)) return true;
    const usage = objectOrEmpty(result.modelUsage);
    if (Object.keys(usage).length === 0) return false;
    return Object.entries(this.#modelUsage ?? {}).some(([name, before]) => {
      const now = objectOrEmpty(usage[name]);
      return NUMBERS.some((key) => numberOf(now, key) < numberOf(objectOrEmpty(before), key));
    });
  }

  #divide(usage: JsonObject, parent: Step): void {
    const canonical = canonicalNames(usage);
    for (const [model, total] of totalsOf(usage, canonical)) {
      const steps = this.#period.steps.filter(
        (step) => step.model !== undefined && nameIn(canonical, step.model) === model,
      );
      const shares: Share[] = steps.map(({ call, tokens }) => ({ call, tokens }));
      const rest = this.#recordRest(
        model,
        total.name,
        remainingTokens(total.tokens, steps),
        parent,
      );
      if (rest !== undefined) shares.push(rest);
      const { provider } = total;
      if (provider !== undefined && this.#options.provider === undefined) {
        for (const { call } of shares) call.update({ provider });
      }
      divideCost(total.cost, shares);
    }
  }

  /** Records what the main loop used in a turn beyond the tokens of its messages. */
  #addRestOfTurn(turn: readonly RunStep[], usage: JsonObject, parent: Step): void {
    const steps = turn.filter(({ isMain }) => isMain).map(({ step }) => step);
    const name = steps.findLast(({ model }) => model !== undefined)?.model;
    if (name === undefined) return;
    this.#recordRest(name, name, remainingTokens(anthropicTokens(usage) ?? {}, steps), parent);
  }

  /** Records tokens that no message has, as a step of their own. */
  #recordRest(
    model: string,
    name: string,
    tokens: TokenCounts | undefined,
    parent: Step,
  ): Share | undefined {
    const { rests } = this.#period;
    const before = rests.get(model);
    if (tokens === undefined && before === undefined) return undefined;
    before?.retry();
    const call = before ?? this.#startRest(name, parent);
    if (call === undefined) return undefined;
    rests.set(model, call);
    const counts = tokens ?? { input: 0, output: 0 };
    call.end({ ...tokenFields(counts), metadata: { isRestOfRun: true } });
    return { call, tokens: counts };
  }

  #startRest(model: string, parent: Step): RecordedCall<'chat_completion'> | undefined {
    return startCall(
      {
        name: 'Claude Chat Completion',
        type: 'chat_completion',
        provider: this.#options.provider ?? 'anthropic',
        model,
      },
      {},
      parent,
    );
  }
}

function periodAfter(before: JsonObject | undefined): Period {
  return { before, steps: [], rests: new Map() };
}

function numberOf(usage: JsonObject, key: string): number {
  return countOrUndefined(usage[key]) ?? 0;
}

function isZero({ total_cost_usd: cost, modelUsage }: JsonObject): boolean {
  const usages = Object.values(objectOrEmpty(modelUsage)).map(objectOrEmpty);
  const isUsed = usages.some((usage) => NUMBERS.some((key) => numberOf(usage, key) > 0));
  return !isUsed && (countOrUndefined(cost) ?? 0) === 0;
}

/** What was used after the totals were `before`. */
function usageSince(before: JsonObject, now: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(now).map(([name, value]) => {
      const usage = objectOrEmpty(value);
      const earlier = objectOrEmpty(before[name]);
      const numbers = NUMBERS.filter((key) => countOrUndefined(usage[key]) !== undefined).map(
        (key) => [key, Math.max(numberOf(usage, key) - numberOf(earlier, key), 0)],
      );
      return [name, { ...usage, ...Object.fromEntries(numbers) }];
    }),
  );
}

/** The SDK marks models whose context is larger than usual. */
function bareName(name: string): string {
  return name.replace(/\[\w+\]$/, '');
}

/** The names that the SDK uses for the prices of models, by their other names. */
function canonicalNames(modelUsage: JsonObject): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, usage] of Object.entries(modelUsage)) {
    const canonical = stringOrUndefined(objectOrEmpty(usage).canonicalModel);
    if (canonical !== undefined) names.set(bareName(name), bareName(canonical));
  }
  return names;
}

function nameIn(canonical: ReadonlyMap<string, string>, name: string): string {
  const bare = bareName(name);
  return canonical.get(bare) ?? bare;
}

/** The totals by canonical model: those of all names of a model are one. */
function totalsOf(
  modelUsage: JsonObject,
  canonical: ReadonlyMap<string, string>,
): ReadonlyMap<string, ModelTotal> {
  const totals = new Map<string, ModelTotal>();
  for (const [name, value] of Object.entries(modelUsage)) {
    const usage = objectOrEmpty(value);
    const model = nameIn(canonical, name);
    const total: ModelTotal = {
      name: bareName(name),
      tokens: totalTokens(usage),
      cost: usage.costBasis === 'unknown' ? undefined : countOrUndefined(usage.costUSD),
      provider: PROVIDERS[String(usage.provider)],
    };
    const others = totals.get(model);
    totals.set(model, others === undefined ? total : sumOf(others, total));
  }
  return totals;
}

function sumOf(a: ModelTotal, b: ModelTotal): ModelTotal {
  const tokens: Record<string, number> = {};
  for (const part of PARTS) {
    const counts = [a.tokens[part], b.tokens[part]].filter((each) => each !== undefined);
    if (counts.length > 0) tokens[part] = counts.reduce((sum, each) => sum + each);
  }
  return {
    name: a.name,
    tokens,
    cost: a.cost === undefined || b.cost === undefined ? undefined : a.cost + b.cost,
    provider: a.provider === b.provider ? a.provider : undefined,
  };
}

function totalTokens(usage: JsonObject): TokenCounts {
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
