/** The total of a batch of responses, and its failure. */

import type { BilledPart, Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { type JsonObject, objectOrEmpty, stringOrUndefined } from '../../common/json.js';
import type { ModelResponse } from './shape.js';

const MAX_MODELS = 20;
const MAX_PARTS = 10_000;
const MAX_ERRORS = 20;

/** Prices do not depend on the length of an input below this number of tokens. */
const SHORT_TOKENS = 100_000;
const SUMS = ['seconds', 'pictures', 'characters', 'statedCost', 'estimatedCost'] as const;
const COUNTS = ['toolUses', 'units'] as const;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface PricedPart {
  readonly model: string | undefined;
  readonly tokens: Record<string, number> | undefined;
  readonly billing: Mutable<Billing>;
  calls: number | 'unknown';
}

/** Adds up the responses of a batch: models, tokens, and billing in parts of equal prices. */
export class BatchTotal {
  readonly #parts = new Map<string, PricedPart>();
  readonly #models = new Set<string>();
  readonly #tokens: Record<string, number> = {};
  readonly #errors: unknown[] = [];

  add({ model, tokens, billing: stated = {} }: ModelResponse): void {
    const billing: Billing = { ...stated, isBatch: true };
    if (model !== undefined && this.#models.size < MAX_MODELS) this.#models.add(model);
    addUp(this.#tokens, tokens ?? {});
    const key = this.#parts.size < MAX_PARTS ? priceKeyOf(model, tokens, billing) : `many ${model}`;
    const part = this.#parts.get(key);
    if (part === undefined) {
      const own = tokens && addUp({}, tokens);
      const calls = this.#parts.size < MAX_PARTS ? 1 : 'unknown';
      this.#parts.set(key, { model, tokens: own, billing: { ...billing }, calls });
      return;
    }
    if (part.tokens !== undefined) addUp(part.tokens, tokens ?? {});
    if (part.calls !== 'unknown') part.calls++;
    addBilling(part.billing, billing);
  }

  /** Adds the error of a request, of which the first 20 are kept. */
  addError(error: unknown): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(error);
  }

  get firstError(): unknown {
    return this.#errors[0];
  }

  /** The total as one response with this output. Several models, and the errors, are stated beside it. */
  responseWith(output: JsonObject, metadata: JsonObject): ModelResponse {
    const [model, ...others] = this.#models;
    return {
      model: others.length > 0 ? undefined : model,
      output,
      tokens: this.#allTokens,
      billing: this.#billing,
      parts: this.#billedParts,
      metadata: { ...(others.length > 0 && { models: [...this.#models] }), ...metadata },
      details: this.#errors.length > 0 ? { errors: this.#errors } : {},
    };
  }

  get #allTokens(): TokenCounts | undefined {
    return Object.keys(this.#tokens).length > 0 ? this.#tokens : undefined;
  }

  get #billedParts(): readonly BilledPart[] {
    const isOfOne = this.#models.size <= 1;
    return [...this.#parts.values()].map(({ model, ...part }) =>
      isOfOne || model === undefined ? part : { model, ...part },
    );
  }

  /** The billing of all responses: values that all have in common, and sums. */
  get #billing(): Billing {
    const [first, ...others] = [...this.#parts.values()].map(({ billing }) => billing);
    const whole: Mutable<Billing> = { ...first, isBatch: true };
    for (const billing of others) {
      for (const key of ['serviceTier', 'speed', 'region'] as const) {
        if (whole[key] !== billing[key]) delete whole[key];
      }
      // The cost of some responses is not the cost of all.
      for (const key of ['statedCost', 'estimatedCost'] as const) {
        if (billing[key] === undefined) delete whole[key];
      }
      const isStated = whole.statedCost !== undefined;
      const isEstimated = whole.estimatedCost !== undefined;
      addBilling(whole, billing);
      if (!isStated) delete whole.statedCost;
      if (!isEstimated) delete whole.estimatedCost;
    }
    return whole;
  }
}

/** A key that is equal for responses whose tokens may be priced as a sum. */
function priceKeyOf(
  model: string | undefined,
  tokens: TokenCounts | undefined,
  { serviceTier, speed, region, statedCost, estimatedCost }: Billing,
): string {
  const counted = Object.entries(tokens ?? {})
    .filter(([, count]) => count !== undefined)
    .map(([name, count]) => `${name}${(count ?? 0) > 0 ? '+' : ''}`);
  const { input = 0 } = tokens ?? {};
  const isStated = [statedCost !== undefined, estimatedCost !== undefined];
  return JSON.stringify([
    ...[model, serviceTier, speed, region, ...isStated],
    ...[lengthKeyOf(input), tokens !== undefined, counted.sort().join()],
  ]);
}

/** A key for the length of an input. Prices rise at a multiple of a thousand tokens, or directly above one. */
function lengthKeyOf(input: number): string {
  if (input < SHORT_TOKENS) return 'short';
  return input % 1000 === 0 ? `${input}` : `above ${Math.floor(input / 1000)}`;
}

function addBilling(to: Mutable<Billing>, more: Billing): void {
  for (const key of SUMS) {
    const count = more[key];
    if (count !== undefined) to[key] = (to[key] ?? 0) + count;
  }
  for (const key of COUNTS) {
    const counts = more[key];
    if (counts !== undefined) to[key] = addUp({ ...to[key] }, counts);
  }
}

function addUp(sums: Record<string, number>, counts: object): Record<string, number> {
  for (const [name, count] of Object.entries(counts)) {
    if (typeof count === 'number') sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/**
 * The failure of a batch; undefined if any of its requests succeeded.
 * @param first the error of the first failed request, if it is known
 */
export function batchFailure(succeeded: number, failed: number, first: unknown): unknown {
  if (succeeded > 0 || failed === 0) return undefined;
  const error = objectOrEmpty(first);
  // Anthropic states the error of a request in the body of a response.
  const { type, code, status, message } = { ...error, ...objectOrEmpty(error.error) };
  const what = `all ${failed} requests of the batch failed`;
  return {
    type: stringOrUndefined(type) ?? stringOrUndefined(code) ?? stringOrUndefined(status),
    message:
      stringOrUndefined(message) === undefined ? what : `${what}: ${stringOrUndefined(message)}`,
  };
}
