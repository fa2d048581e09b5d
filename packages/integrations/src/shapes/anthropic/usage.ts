/** Reads Anthropic's usage: tokens, and what the price depends on besides them. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  nonEmptyObjectOrUndefined,
  objectOrEmpty,
  positiveCounts,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';

/** The usage of a message, which a stream sends in pieces: the largest of each count, the last of each other field. */
export class MergedUsage {
  readonly value: Record<string, unknown> = {};

  add(usage: unknown): void {
    for (const [key, value] of Object.entries(presentFields(objectOrEmpty(usage)))) {
      const before = this.value[key];
      const isLess = typeof value === 'number' && typeof before === 'number' && value < before;
      if (!isLess) this.value[key] = value;
    }
  }

  /** Removes a field, so that the next value may be smaller. */
  forget(key: string): void {
    delete this.value[key];
  }
}

const PARTS = [
  'input_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'output_tokens',
] as const;
const KNOWN = [
  ...PARTS,
  ...wordArray(
    'cache_creation output_tokens_details server_tool_use service_tier speed inference_geo',
  ),
];

/**
 * The counts of a usage; undefined if it has none. Anthropic's count of the input contains neither the tokens of its cache nor
 * those of a compaction of the conversation, which are added here.
 */
export function anthropicTokens(usage: JsonObject): TokenCounts | undefined {
  const input = countOrUndefined(usage.input_tokens);
  const output = countOrUndefined(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const all = [usage, ...arrayOrEmpty(usage.iterations).map(objectOrEmpty).filter(isCompaction)];
  const cached = sumOfUsages(all, (each) => each.cache_read_input_tokens);
  const cacheCreation = sumOfUsages(all, cacheWriteTokens);
  const thinking = objectOrEmpty(usage.output_tokens_details).thinking_tokens;
  return {
    input:
      input === undefined
        ? undefined
        : (sumOfUsages(all, (each) => each.input_tokens) ?? 0) +
          (cached ?? 0) +
          (cacheCreation ?? 0),
    output: output === undefined ? undefined : sumOfUsages(all, (each) => each.output_tokens),
    cached,
    cacheCreation,
    cacheCreationHour: sumOfUsages(
      all,
      (each) => objectOrEmpty(each.cache_creation).ephemeral_1h_input_tokens,
    ),
    reasoning: countOrUndefined(thinking),
  };
}

/** The tokens written to the cache; their sum by lifetime if the usage has no total. */
function cacheWriteTokens(usage: JsonObject): unknown {
  const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long } = objectOrEmpty(
    usage.cache_creation,
  );
  const parts = [short, long].filter((each) => countOrUndefined(each) !== undefined) as number[];
  const total = parts.length > 0 ? parts.reduce((all, each) => all + each) : undefined;
  return countOrUndefined(usage.cache_creation_input_tokens) ?? total;
}

function sumOfUsages(
  usages: readonly JsonObject[],
  of: (usage: JsonObject) => unknown,
): number | undefined {
  const counts = usages
    .map((each) => countOrUndefined(of(each)))
    .filter((each) => each !== undefined);
  return counts.length > 0 ? counts.reduce((all, each) => all + each) : undefined;
}

function isCompaction({ type }: JsonObject): boolean {
  return type === 'compaction';
}

interface ResponseFacts {
  readonly model: string | undefined;
  readonly region: string | undefined;
  readonly executions: number;
}

/** What the price of a message depends on besides its tokens. */
export function anthropicBilling(
  usage: JsonObject,
  { model, region, executions }: ResponseFacts,
): Billing {
  const tier = stringOrUndefined(usage.service_tier);
  const geo = stringOrUndefined(usage.inference_geo);
  const uses = Object.entries(objectOrEmpty(usage.server_tool_use)).map(([name, times]) => [
    name.replace(/_requests$/, ''),
    times,
  ]);
  const toolUses = positiveCounts(Object.fromEntries(uses)) ?? {};
  if (executions > 0) toolUses.code_execution ??= executions;
  const units = unitsOfOtherModels(usage, model);
  const servedRegion = geo === undefined || geo === 'not_available' ? region : geo;
  return {
    serviceTier: tier,
    speed: stringOrUndefined(usage.speed),
    ...(servedRegion !== undefined && { region: servedRegion }),
    ...(tier === 'batch' && { isBatch: true }),
    ...(Object.keys(toolUses).length > 0 && { toolUses }),
    ...(Object.keys(units).length > 0 && { units }),
  };
}

/**
 * The tokens of other models that took part: an advisor, or a model that refused before another one answered. The other counts do
 * not contain them, and they have prices of their own.
 */
function unitsOfOtherModels(usage: JsonObject, model: string | undefined): Record<string, number> {
  const units: Record<string, number> = {};
  for (const each of arrayOrEmpty(usage.iterations)) {
    const iteration = objectOrEmpty(each);
    const by = stringOrUndefined(iteration.model);
    const isOfOther = by !== undefined && model !== undefined && by !== model;
    const isCounted = isOfOther && !isCompaction(iteration);
    if (iteration.type !== 'advisor_message' && !isCounted) continue;
    for (const part of PARTS) {
      const name = `${by ?? iteration.type}_${part}`;
      const counted = countOrUndefined(iteration[part]) ?? 0;
      if (counted > 0) units[name] = (units[name] ?? 0) + counted;
    }
  }
  return units;
}

/** The unknown fields of a usage; undefined if there are none. */
export function unknownAnthropicUsage(usage: JsonObject): JsonObject | undefined {
  const unknown: Record<string, unknown> = presentFields(fieldsExcept(usage, ...KNOWN));
  // Unknown fields of the objects that are read.
  const parts: Readonly<Record<string, readonly string[]>> = {
    cache_creation: ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'],
    output_tokens_details: ['thinking_tokens'],
  };
  for (const [key, names] of Object.entries(parts)) {
    const unknownOfPart = isJsonObject(usage[key])
      ? presentFields(fieldsExcept(usage[key], ...names))
      : {};
    if (Object.keys(unknownOfPart).length > 0) unknown[key] = unknownOfPart;
  }
  return nonEmptyObjectOrUndefined(unknown);
}

/** The tokens written to a cache for an hour, by the provider's own usage; undefined if it does not state them. */
export function hourlyCacheTokens(usage: unknown): number | undefined {
  return isJsonObject(usage)
    ? countOrUndefined(objectOrEmpty(usage.cache_creation).ephemeral_1h_input_tokens)
    : undefined;
}
