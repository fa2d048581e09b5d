/** The facts that attributes state, each with the form in which its value is read. */

import type { JsonObject, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  any,
  count,
  date,
  type Form,
  json,
  jsonItems,
  object,
  strings,
  text,
  vectors,
} from './forms.js';
import type { MemberName } from './members.js';

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
  /** `PENDING_SPAN` for a provisional copy of a span that ends later. */
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

/** The fact `pending` of a provisional copy, as Logfire exports them. */
export const PENDING_SPAN = 'pending_span';

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
  | MemberName
  | 'metadata.*'
  | 'parameters.*'
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
