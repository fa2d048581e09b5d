/** The fields of each step type in the API, and how values are checked and written for them. */

import { isProxy } from '#platform';
import { quote } from '../../values/json/json-text.js';
import type { StepType } from '../../wire.js';
import type { StepFields } from './step-types.js';

type FieldKind = 'string' | 'amount' | 'count' | 'object' | 'array' | 'strings' | 'counts' | 'any';

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Whether the key is always sent, with null for an unknown value. */
  readonly isRequired: boolean;
  /** `,"name":` */
  readonly prefix: string;
  /** `,"name":null` */
  readonly absent: string;
}

/** Makes the field of a name. */
type Definition = (name: string) => Field;

const field =
  (facts: Pick<Field, 'kind' | 'isRequired'>): Definition =>
  (name) => ({
    name,
    ...facts,
    prefix: `,"${name}":`,
    absent: `,"${name}":null`,
  });
const required = (kind: FieldKind) => field({ kind, isRequired: true });
const optional = (kind: FieldKind) => field({ kind, isRequired: false });

/** The compiler checks that no field is missing. */
function fields<Own>(definitions: Readonly<Record<keyof Own, Definition>>): readonly Field[] {
  return Object.entries<Definition>(definitions).map(([name, define]) => define(name));
}

const NONE: readonly Field[] = [];

/** The fields of each step type, in the order in which they are sent. */
export const FIELDS: Readonly<Record<StepType, readonly Field[]>> = {
  user_call: NONE,
  chain: NONE,
  function_call: NONE,
  chat_completion: fields<StepFields['chat_completion']>({
    provider: required('string'),
    promptTokens: required('amount'),
    completionTokens: required('amount'),
    tokens: required('amount'),
    cost: required('amount'),
    model: required('string'),
    modelParameters: required('object'),
    rawOutput: optional('any'),
    usageDetails: optional('counts'),
  }),
  embedding: fields<StepFields['embedding']>({
    provider: required('string'),
    promptTokens: required('amount'),
    tokens: required('amount'),
    cost: required('amount'),
    model: required('string'),
    modelParameters: required('object'),
    rawOutput: required('any'),
    embeddingDimensions: required('count'),
    embeddingCount: required('count'),
  }),
  agent: fields<StepFields['agent']>({
    tool: optional('string'),
    action: optional('any'),
    agentType: optional('string'),
  }),
  tool: fields<StepFields['tool']>({
    functionName: optional('string'),
    arguments: optional('any'),
  }),
  retriever: fields<StepFields['retriever']>({ documents: optional('array') }),
  handoff: fields<StepFields['handoff']>({
    fromComponent: required('string'),
    toComponent: required('string'),
    handoffData: required('any'),
  }),
  guardrail: fields<StepFields['guardrail']>({
    action: required('string'),
    blockedEntities: required('strings'),
    confidenceThreshold: required('amount'),
    reason: required('string'),
    detectedEntities: required('strings'),
    redactedEntities: required('strings'),
    blockStrategy: required('string'),
    dataType: required('string'),
  }),
};

/** The index of a field in `FIELDS` of its type; -1 if the type has no such field. */
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

/** Whether a step of this type is a model call. */
export function isModelCall(type: string): boolean {
  return type === 'chat_completion' || type === 'embedding';
}

/** Whether the platform accepts the value in a field of this kind. */
export function isValidField(kind: FieldKind, value: unknown): boolean {
  if (value === null) return kind !== 'counts';
  if (typeof value === 'object' && isProxy(value)) return kind === 'any';
  switch (kind) {
    case 'string':
      return typeof value === 'string';
    case 'amount':
      return isAmount(value);
    case 'count':
      return Number.isInteger(value) && (value as number) >= 0;
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'strings':
      return Array.isArray(value) && areStrings(value);
    case 'counts':
      return typeof value === 'object' && Object.keys(value as object).length > 0;
    case 'any':
      return true;
  }
}

const FORMS: Readonly<Record<FieldKind, string>> = {
  string: 'a string',
  amount: 'a number of at least 0',
  count: 'a whole number of at least 0',
  object: 'an object',
  array: 'an array',
  strings: 'an array of strings',
  counts: 'an object of counts',
  any: 'any value',
};

/** The part of a message about a value that is not valid: what the field takes, and what it got. Holds no text of the app. */
export function wrongValueText({ kind }: Field, value: unknown): string {
  const form = FORMS[kind];
  const actual = formOf(value);
  return form.startsWith(actual) ? form : `${form}, but is ${actual}`;
}

function formOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string' && /^-?[\d.,]{1,32}$/.test(value)) return quote(value);
  if (typeof value === 'object' && isProxy(value)) return 'a proxy';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The key by which a value of the field may be a secret; '' for numbers, which the platform needs as such. */
function secretKeyOf({ name, kind }: Field): string {
  return kind === 'amount' || kind === 'count' ? '' : name;
}

/** The JSON text of a value that is valid in its field; undefined if nothing of it can be kept. */
export function fieldText(
  field: Field,
  value: unknown,
  values: { snapshot(value: unknown, key: string): string },
): string | undefined {
  if (field.kind === 'counts') return countsText(value as Record<string, unknown>);
  const text = values.snapshot(value, secretKeyOf(field));
  // A proxy or a stream is written as a mark, which is a string and no object.
  if (field.kind === 'object' && text !== 'null' && !text.startsWith('{')) return undefined;
  if (
    (field.kind === 'array' || field.kind === 'strings') &&
    text !== 'null' &&
    !text.startsWith('[')
  ) {
    return undefined;
  }
  return text;
}

/** Whether the value is a number from 0 to `MAX_SAFE_INTEGER`, so that sums stay exact. */
function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** Whether all items are strings. Calls no getter; false for more than 10000 items. */
function areStrings(list: readonly unknown[]): boolean {
  if (list.length > 10_000) return false;
  for (let i = 0; i < list.length; i++) {
    if (typeof Object.getOwnPropertyDescriptor(list, i)?.value !== 'string') return false;
  }
  return true;
}

/** The JSON text of the positive counts, at most 32, since the platform prices no others. */
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
