/** The form of the tables that say what the attributes of one convention mean. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { FactName } from './facts.js';

export type DialectName =
  | 'openlayer'
  | 'langfuse'
  | 'gen_ai'
  | 'openinference'
  | 'openllmetry'
  | 'ai_sdk'
  | 'langsmith'
  | 'logfire'
  | 'mcp'
  | 'http'
  | 'db'
  | 'common';

/** The types of steps by the value of an attribute, in lower case; null where the value says nothing about the type. */
export type TypesByValue = Readonly<Record<string, StepType | null>>;

/** One convention. Where several attributes have the same fact, the first of the table wins. */
export interface Dialect {
  readonly name: DialectName;
  /** Attributes by whose value the type of the step is known. */
  readonly types?: Readonly<Record<string, TypesByValue>>;
  /** Types by the presence of an attribute, or of any attribute below a name that ends with `.*`. */
  readonly presence?: Readonly<Record<string, StepType>>;
  /**
   * The facts by attributes. A key that ends with `.*` matches all attributes below it. The fact at such a key ends with `.*` if
   * each attribute is a member of it, and with `[]` if the names hold numbered items: `llm.input_messages.0.message.role`.
   */
  readonly attributes: Readonly<Record<string, FactName>>;
  /** Whether a recorded exception is an error even if the status is OK. */
  readonly exceptionsAreErrors?: true;
  /** Events whose attributes are read as if they were the span's own, or are one message of the input or the output. */
  readonly events?: Readonly<Record<string, 'attributes' | 'message' | 'answer'>>;
}
