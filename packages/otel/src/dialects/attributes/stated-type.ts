/** The type of step that the attributes of a span state. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { TypeRule } from './rules.js';

type TypesByWord = NonNullable<TypeRule['types']>;

/** Of several attributes that state a type, the one with the lowest rank wins. */
export class StatedType {
  #rank = Number.POSITIVE_INFINITY;
  #rule: TypeRule | undefined;
  #value: unknown;
  #type: StepType | undefined;

  /**
   * Reads the value of an attribute.
   * @returns whether the convention has the value, or the presence of the attribute alone says the type
   */
  read(rule: TypeRule, value: unknown, rank: number): boolean {
    const type = rule.types === undefined ? rule.type : typeOf(rule.types, value);
    if (type === undefined) return false;
    if (type !== null && rank < this.#rank) {
      this.#rank = rank;
      this.#rule = rule;
      this.#value = value;
      this.#type = type;
    }
    return true;
  }

  /** Undefined if no attribute states it. */
  get type(): StepType | undefined {
    return this.#type;
  }

  /** The word of the convention for the type, if it says more than the type does. */
  get kind(): string | undefined {
    const types = this.#rule?.types;
    if (types === undefined) return undefined;
    const first = [...types].find(([, type]) => type === this.#type)?.[0];
    return first === wordOf(this.#value) ? undefined : String(this.#value);
  }
}

/** Undefined if the convention does not have the value. */
function typeOf(types: TypesByWord, value: unknown): StepType | null | undefined {
  // Most values are in lower case already.
  const type = typeof value === 'string' ? types.get(value) : undefined;
  return type === undefined ? types.get(wordOf(value)) : type;
}

function wordOf(value: unknown): string {
  return String(value).toLowerCase();
}
