/** The facts that attributes state, and the form in which the value of each is read. */

import {
  arrayOrEmpty,
  head,
  isJsonObject,
  type JsonObject,
  type TokenCounts,
  tryParseJson,
} from '@openlayer-tracing/core/integration';
import { boundedValue, plainValue } from './plain-value.js';

/** Reads a value of an attribute; undefined if it does not have the form. */
type Form = (value: unknown) => unknown;

/** Longer names, ids and messages of errors are cut. */
const MAX_NAME_CHARS = 65_536;

/** The text of a string or number that is not empty. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' ? head(value, MAX_NAME_CHARS) : undefined;
}

/** A number, also if it is written as a string, as in the JSON form of 64-bit integers. */
function number(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** A number from 0 on. */
function count(value: unknown): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 ? found : undefined;
}

/** Longer texts are kept as they are: parsing them would take too long. */
const MAX_JSON_CHARS = 1 << 22;

/** The value of JSON text of an object or array, within bounds; any other value as it is. */
export function parsedIfJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const isJson = value.length <= MAX_JSON_CHARS && /^\s*[[{]/.test(value);
  const parsed = isJson ? tryParseJson(value) : undefined;
  return parsed === undefined ? plainValue(value) : boundedValue(parsed);
}

/** The value of any JSON text. */
function json(value: unknown): unknown {
  return typeof value === 'string' ? jsonOf(value) : undefined;
}

/** Any value that is not empty, parsed if it is JSON text. */
function any(value: unknown): unknown {
  const found = parsedIfJson(value);
  return found === '' || found === null ? undefined : found;
}

/** An object, also if it is written as JSON text. */
function object(value: unknown): JsonObject | undefined {
  const found = parsedIfJson(value);
  return isJsonObject(found) ? found : undefined;
}

/** The strings of an array, which may be written as JSON text; one string is an array of it. */
function strings(value: unknown): readonly string[] | undefined {
  const found = parsedIfJson(value);
  const items = typeof found === 'string' ? [found] : arrayOrEmpty(found);
  const kept = items.map(text).filter((each) => each !== undefined);
  return kept.length > 0 ? kept : undefined;
}

/** The values of an array of JSON texts; one JSON text is an array of it. */
function jsonItems(value: unknown): readonly unknown[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((each) => (typeof each === 'string' ? (jsonOf(each) ?? each) : each));
}

function jsonOf(source: string): unknown {
  return source.length > MAX_JSON_CHARS ? undefined : boundedValue(tryParseJson(source));
}

/** The vectors of an array, each of which may be JSON text. */
function vectors(value: unknown): readonly unknown[] | undefined {
  const items = jsonItems(value).filter((each) => Array.isArray(each));
  const isOne = Array.isArray(value) && typeof value[0] === 'number';
  return isOne ? [value] : items.length > 0 ? items : undefined;
}

/** Epoch milliseconds of a date, which may be written as JSON text. */
function date(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(value.replace(/^"|"$/g, ''));
  return Number.isNaN(at) ? undefined : at;
}

/** The facts with one value. */
const SIMPLE = {
  /** Name of the step. */
  name: text,
  provider: text,
  /** The model that answered. */
  model: text,
  /** The model that was asked for. */
  requestModel: text,
  /** Parameters of the model call, as one object. */
  parameters: object,
  /** Token counts, as one object under names of any provider. */
  usage: object,
  /** US dollars. */
  cost: count,
  /** US dollars by part, with `total`. */
  costDetails: object,
  /** Messages to the model. */
  messages: any,
  /** Instructions to the model, which are not among the messages. */
  instructions: any,
  /** Definitions of the tools that the model may call. */
  tools: any,
  /** The model's messages. */
  answer: any,
  /** The model's text. */
  answerText: any,
  /** The model's reasoning. */
  reasoning: any,
  /** The tool calls of the model. */
  toolCalls: any,
  /** The object that the model generated. */
  answerObject: any,
  /** Inputs of any step. */
  inputs: any,
  /** Output of any step. */
  output: any,
  functionName: text,
  arguments: any,
  result: any,
  /** What a retriever looks for. */
  query: any,
  documents: any,
  embeddingDimensions: count,
  embeddingInputs: any,
  /** Texts to embed, each as JSON text. */
  embeddingTexts: jsonItems,
  /** The vectors. */
  embeddings: vectors,
  agentName: text,
  finishReasons: strings,
  firstChunkSeconds: count,
  firstChunkMs: count,
  /** Date of the first token. */
  firstChunkAt: date,
  sessionId: text,
  userId: text,
  tags: strings,
  /** Metadata as one object. */
  metadata: object,
  errorType: text,
  errorMessage: text,
  /** `ERROR` and the like. */
  level: text,
  /** Whether the span is a provisional copy. */
  pending: text,
  /** The id of the row that the span belongs to. */
  inferenceId: text,
  /** Inputs of a step of ours, as JSON text. */
  stepInputs: json,
  /** Output of a step of ours, as JSON text. */
  stepOutput: json,
  /** Parameters of a step of ours that OpenTelemetry does not name, as one object. */
  stepParameters: object,
  /** Metadata of a step of ours, as one object. */
  stepMetadata: object,
  /** Further fields of a step of ours, as one object. */
  stepFields: object,
} as const satisfies Readonly<Record<string, Form>>;

/** The facts with members, each of which has its own attribute. */
const OBJECTS = {
  tokens: count,
  parameters: any,
  metadata: any,
  http: any,
  database: any,
} as const satisfies Readonly<Record<string, Form>>;

/** The facts that may be written as numbered attributes. */
export type ListFact =
  | 'messages'
  | 'answer'
  | 'tools'
  | 'toolCalls'
  | 'documents'
  | 'embeddingInputs';

export type SimpleFact = keyof typeof SIMPLE;
export type ObjectFact = keyof typeof OBJECTS;

/** The value of a fact. */
export type FactValue<Fact extends SimpleFact> = Exclude<
  ReturnType<(typeof SIMPLE)[Fact]>,
  undefined
>;

/** Token counts by their names. */
export type Counts = { readonly [Name in keyof TokenCounts]?: number };

/** The members of a fact that has some. */
export type FactMembers<Fact extends ObjectFact> = Fact extends 'tokens' ? Counts : JsonObject;

/** `ignored`: the attribute is not recorded, since it repeats another one, or is of no interest. */
export type FactName =
  | SimpleFact
  | `tokens.${keyof TokenCounts}`
  | `${Exclude<ObjectFact, 'tokens'>}.${string}`
  | `${ListFact}[]`
  | 'ignored';

/** Whether any value of an attribute that is not empty has the form of the fact, so that it may be read when it is needed. */
export function isOfAnyForm(fact: SimpleFact): boolean {
  return SIMPLE[fact] === any;
}

/** The value of an attribute as a fact; undefined if it does not have the fact's form. */
export function readFact<Fact extends SimpleFact>(
  fact: Fact,
  value: unknown,
): FactValue<Fact> | undefined {
  const form: Form = SIMPLE[fact];
  return form(value) as FactValue<Fact> | undefined;
}

/** The value of an attribute as a member of a fact; undefined if it does not have the form of its members. */
export function readMember(fact: ObjectFact, value: unknown): unknown {
  return OBJECTS[fact](value);
}

export function isSimpleFact(name: string): name is SimpleFact {
  return Object.hasOwn(SIMPLE, name);
}

/** Whether the fact has members. An object that states such a fact states each of them. */
export function isObjectFact(name: string): name is ObjectFact {
  return Object.hasOwn(OBJECTS, name);
}
