/** What kind of work a span stands for, without the rest of what it says. */

import { isModelCall, type StepType } from '@openlayer-tracing/core/integration';
import { readFact } from '../attributes/facts.js';
import { FoundFacts } from '../attributes/found-facts.js';
import { keysOf, plainValue } from '../attributes/plain-value.js';
import { rulesOf, type WorkRule } from '../attributes/rules.js';
import { StatedType } from '../attributes/stated-type.js';
import type { SpanEvent, SpanKind } from '../span-data.js';
import { modelName, modelOf } from './content-of-span.js';
import { typeOf, typeOfKind } from './step-of-span.js';

export interface Work {
  readonly type: StepType;
  /** The model, if it is a call of one. */
  readonly model: string | undefined;
  /** Whether the span is a provisional copy of one that ends later. */
  readonly isPending: boolean;
}

/** The part of a span that says what kind of work it is. */
interface SpanOfWork {
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly SpanEvent[];
}

/**
 * The kind of work of a span, at a fraction of the cost of `stepOfSpan`. It says the same of spans of models, agents and tools; of
 * all others, their kind.
 */
export function workOfSpan({ kind, attributes, events }: SpanOfWork): Work {
  const stated = new StatedType();
  const facts = new WorkFacts();
  let isOfAny = false;
  for (const key of keysOf(attributes)) {
    const { types, ofWork, isOfModels } = rulesOf(key);
    isOfAny ||= isOfModels;
    if (ofWork === undefined && types.length === 0) continue;
    const value = valueAt(attributes, key);
    if (value === undefined || value === null) continue;
    for (const rule of types) stated.read(rule, value, rule.rank);
    if (ofWork !== undefined) facts.read(ofWork, key, value);
  }
  if (!isOfAny) return { type: typeOfKind(kind), model: undefined, isPending: false };
  const { type } = stated;
  if (type !== undefined && events.length === 0) return facts.workOf(type);
  // A span without a stated type is a model call if it says what a model used or answered.
  const all = new FoundFacts(attributes, events);
  return workIn(all, typeOf(all, kind));
}

/** As `attributeOf`, but of a getter its value: the copy that an ended span is read from has that too. */
function valueAt(attributes: Readonly<Record<string, unknown>>, key: string): unknown {
  try {
    const value = attributes[key];
    return typeof value === 'string' ? value : plainValue(value);
  } catch {
    return undefined;
  }
}

function workIn(facts: FoundFacts, type: StepType): Work {
  return {
    type,
    model: isModelCall(type) ? modelOf(facts) : undefined,
    isPending: facts.get('pending') === 'pending_span',
  };
}

/** The facts that the work of a span depends on, besides its type. */
class WorkFacts {
  readonly #values: Record<string, unknown> = {};
  readonly #found = { model: NOT_FOUND, requestModel: NOT_FOUND, pending: NOT_FOUND };
  /** Whether each attribute stated just one of these facts. */
  #areAlone = true;
  #hasMetadata = false;

  read({ fact, rank }: WorkRule, key: string, value: unknown): void {
    this.#values[key] = value;
    if (fact === 'metadata') {
      this.#hasMetadata = true;
      return;
    }
    const text = fact && readFact(fact, value);
    if (fact === undefined || text === undefined) this.#areAlone = false;
    else if (rank < this.#found[fact].rank) this.#found[fact] = { rank, text };
  }

  workOf(type: StepType): Work {
    const { model, requestModel, pending } = this.#found;
    const name = isModelCall(type) ? (model.text ?? requestModel.text) : undefined;
    // Any other statement of the model wins over metadata.
    const isInMetadata = this.#hasMetadata && isModelCall(type) && name === undefined;
    if (!this.#areAlone || isInMetadata) return workIn(new FoundFacts(this.#values, NONE), type);
    return { type, model: modelName(name), isPending: pending.text === 'pending_span' };
  }
}

const NOT_FOUND: { readonly rank: number; readonly text: string | undefined } = {
  rank: Number.POSITIVE_INFINITY,
  text: undefined,
};

const NONE: readonly never[] = [];

/** Whether an attribute of the span is one of models, agents and tools, in any convention. */
export function isOfModels(attributes: Readonly<Record<string, unknown>>): boolean {
  for (const key in attributes) if (rulesOf(key).isOfModels) return true;
  return false;
}
