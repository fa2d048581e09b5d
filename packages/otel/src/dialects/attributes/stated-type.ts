/** The type of step that the attributes of a span state. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { TypeRule } from './rules.js';

type TypesByWord = NonNullable<TypeRule['types']>;

/** Of several attributes that state a type, the first wins: the one with the lowest order. */
export class StatedType {
  #order = Number.POSITIVE_INFINITY;
  #rule: TypeRule | undefined;
  #value: unknown;
  #type: StepType | undefined;

  /**
   * Reads the value of an attribute.
   * @returns whether the dialect has the value, or the presence of the attribute alone states the type
   */
  read(rule: TypeRule, value: unknown, order: number): boolean {
    const type = rule.types === undefined ? rule.type : typeByWord(rule.types, value);
    if (type === undefined) return false;
    if (type !== null && order < this.#order) {
      this.#order = order;
      this.#rule = rule;
      this.#value = value;
      this.#type = type;
    }
    return true;
  }

  /** Whether the type that was found comes before statements of this order. */
  isBefore(order: number): boolean {
    return this.#order < order;
  }

  /** Undefined if no attribute states it. */
  get type(): StepType | undefined {
    return this.#type;
  }

  /** The word of the dialect for the type, if it is more specific than the type. */
  get typeWord(): string | undefined {
    const types = this.#rule?.types;
    if (types === undefined) return undefined;
    const first = [...types].find(([, type]) => type === this.#type)?.[0];
    return first === wordOf(this.#value) ? undefined : String(this.#value);
  }
}

/** Undefined if the dialect does not have the value. */
function typeByWord(types: TypesByWord, value: unknown): StepType | null | undefined {
  // Most values are in lower case already.
  const type = typeof value === 'string' ? types.get(value) : undefined;
  return type === undefined ? types.get(wordOf(value)) : type;
}

function wordOf(value: unknown): string {
  return String(value).toLowerCase();
}
