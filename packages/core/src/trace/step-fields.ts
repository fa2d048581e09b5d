/** The fields that each step type has on the wire, and how a value becomes one. */

import { isProxy } from '#platform';
import type { StepType } from '../wire.js';

type Kind = 'text' | 'amount' | 'count' | 'object' | 'list' | 'texts' | 'counts' | 'any';

export interface Field {
  readonly name: string;
  readonly kind: Kind;
  /** Whether the platform expects the key even where nothing is known: it is null then. */
  readonly always: boolean;
  /** `,"name":` */
  readonly prefix: string;
  /** `,"name":null` */
  readonly absent: string;
}

const always = (name: string, kind: Kind): Field => ({
  name,
  kind,
  always: true,
  prefix: `,"${name}":`,
  absent: `,"${name}":null`,
});
const whenSet = (name: string, kind: Kind): Field => ({
  name,
  kind,
  always: false,
  prefix: `,"${name}":`,
  absent: `,"${name}":null`,
});

const NONE: readonly Field[] = [];

export const FIELDS: Readonly<Record<StepType, readonly Field[]>> = {
  user_call: NONE,
  chain: NONE,
  function_call: NONE,
  chat_completion: [
    always('provider', 'text'),
    always('promptTokens', 'amount'),
    always('completionTokens', 'amount'),
    always('tokens', 'amount'),
    always('cost', 'amount'),
    always('model', 'text'),
    always('modelParameters', 'object'),
    whenSet('rawOutput', 'any'),
    whenSet('usageDetails', 'counts'),
  ],
  embedding: [
    always('provider', 'text'),
    always('promptTokens', 'amount'),
    always('tokens', 'amount'),
    always('cost', 'amount'),
    always('model', 'text'),
    always('modelParameters', 'object'),
    always('rawOutput', 'any'),
    always('embeddingDimensions', 'count'),
    always('embeddingCount', 'count'),
  ],
  agent: [whenSet('tool', 'text'), whenSet('action', 'any'), whenSet('agentType', 'text')],
  tool: [whenSet('functionName', 'text'), whenSet('arguments', 'any')],
  retriever: [whenSet('documents', 'list')],
  handoff: [
    always('fromComponent', 'text'),
    always('toComponent', 'text'),
    always('handoffData', 'any'),
  ],
  guardrail: [
    always('action', 'text'),
    always('blockedEntities', 'texts'),
    always('confidenceThreshold', 'amount'),
    always('reason', 'text'),
    always('detectedEntities', 'texts'),
    always('redactedEntities', 'texts'),
    always('blockStrategy', 'text'),
    always('dataType', 'text'),
  ],
};

/** Where a field stands among those of its type; -1 where the type has none of that name. */
export function indexOfField(type: StepType, name: string): number {
  return INDEXES.get(type)?.get(name) ?? -1;
}

const INDEXES: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [
    type,
    new Map(fields.map(({ name }, i) => [name, i])),
  ]),
);

export function isStepType(type: unknown): type is StepType {
  return typeof type === 'string' && Object.hasOwn(FIELDS, type);
}

/** Whether the platform would take the value in a field of this kind. */
export function fits(kind: Kind, value: unknown): boolean {
  if (value === null) return kind !== 'counts';
  if (isProxy(value)) return kind === 'any';
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'amount':
      return isAmount(value);
    case 'count':
      return Number.isInteger(value) && (value as number) >= 0;
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    case 'list':
      return Array.isArray(value);
    case 'texts':
      return Array.isArray(value) && holdsTexts(value);
    case 'counts':
      return typeof value === 'object' && Object.keys(value as object).length > 0;
    case 'any':
      return true;
  }
}

/** The JSON text of a value that fits its field; undefined where nothing of it can be kept. */
export function fieldText(
  field: Field,
  value: unknown,
  snapshot: (value: unknown) => string,
): string | undefined {
  if (field.kind === 'counts') return countsText(value as Record<string, unknown>);
  const text = snapshot(value);
  // An object whose text is a mark (a proxy, a stream) is no object on the wire.
  if (field.kind === 'object' && text !== 'null' && !text.startsWith('{')) return undefined;
  if (
    (field.kind === 'list' || field.kind === 'texts') &&
    text !== 'null' &&
    !text.startsWith('[')
  ) {
    return undefined;
  }
  return text;
}

/** Sums of such amounts are still numbers. */
function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Reads no accessor, nor a list that is longer than one could be logged. */
function holdsTexts(list: readonly unknown[]): boolean {
  if (list.length > 10_000) return false;
  for (let i = 0; i < list.length; i++) {
    if (typeof Object.getOwnPropertyDescriptor(list, i)?.value !== 'string') return false;
  }
  return true;
}

/** Only positive numbers under plain names are priced. */
function countsText(counts: Record<string, unknown>): string | undefined {
  const members: string[] = [];
  for (const key of Object.keys(counts)) {
    const count: unknown = Object.getOwnPropertyDescriptor(counts, key)?.value;
    if (isAmount(count) && count !== 0 && /^[a-z][a-z_]{0,63}$/.test(key) && members.length < 32) {
      members.push(`"${key}":${count}`);
    }
  }
  return members.length > 0 ? `{${members.join()}}` : undefined;
}
