/** The form of the tables of attributes, one per dialect. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from '../../data/dialect-name.js';
import type { FactName, SimpleFact } from '../../facts/facts.js';

/** The types of steps by the value of an attribute, in lower case; null for a value that states no type. */
export type TypesByValue = Readonly<Record<string, StepType | null>>;

/**
 * A dialect: the attributes and events by which one specification or library states the facts of a span, such as OpenTelemetry's
 * conventions for generative AI, OpenInference or Langfuse. Where several attributes have the same fact, the first of the table
 * wins.
 */
export interface Dialect {
  readonly name: DialectName;
  /**
   * Attributes below these names, such as `gen_ai`, are of models, agents and tools. A span without such an attribute is no step by
   * itself if it is outside any trace, and its type is that of its kind.
   */
  readonly modelNamespaces: readonly string[];
  /** Attributes by whose value the type of the step is known. */
  readonly types?: Readonly<Record<string, TypesByValue>>;
  /** Types by the presence of an attribute, or of any attribute below a name that ends with `.*`. */
  readonly presence?: Readonly<Record<string, StepType>>;
  /**
   * The facts by attributes. A key that ends with `.*` matches all attributes below it. The fact at such a key ends with `.*` if
   * each attribute is a member of it, and with `[]` if the names hold numbered items: `llm.input_messages.0.message.role`.
   */
  readonly attributes: Readonly<Record<string, FactName>>;
  /** Facts that members of the fact `metadata` state. Attributes of their own win. */
  readonly metadata?: Readonly<Record<string, SimpleFact>>;
  /** Slugs of the fact `provider` that are no provider of models. */
  readonly notProviders?: readonly string[];
  /** Whether a recorded exception is an error even if the status is OK. */
  readonly exceptionsAreErrors?: true;
  /** Events whose attributes are read as if they were the span's own, or are one message of the input or the output. */
  readonly events?: Readonly<Record<string, 'attributes' | 'message' | 'answer'>>;
}
