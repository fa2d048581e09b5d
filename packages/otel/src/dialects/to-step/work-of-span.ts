/** The kind of work that a span stands for: the type of its step, and the model. */

import { isModelCall, type StepType } from '@openlayer-tracing/core/integration';
import { FoundFacts } from '../attributes/found-facts.js';
import { StatedType } from '../attributes/stated-type.js';
import {
  MODEL_KEYS,
  PENDING_KEYS,
  TYPE_KEYS,
  type WorkRule,
  workRulesOf,
} from '../attributes/work-rules.js';
import type { SpanEvent, SpanKind } from '../data/span-data.js';
import { PENDING_SPAN, readFact } from '../facts/facts.js';
import { keysOf, plainValue } from '../facts/plain-value.js';
import { modelName, modelOf } from './model-of-span.js';
import { typeOf, typeOfKind } from './type-of-span.js';

/** The kind of work that a span stands for. */
export interface Work {
  readonly type: StepType;
  /** The model, if it is a call of one. */
  readonly model: string | undefined;
  /** Whether the span is a provisional copy of one that ends later. */
  readonly isPending: boolean;
}

/** The part of a span that states its kind of work. */
interface SpanOfWork {
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly SpanEvent[];
}

/**
 * The kind of work of a span, at a fraction of the cost of `stepOfSpan`. For spans of models, agents and tools it has the same type
 * as `stepOfSpan`; for others the type of the span's kind.
 */
export function workOfSpan(span: SpanOfWork): Work {
  return (span.events.length === 0 ? statedWork(span.attributes) : undefined) ?? foundWork(span);
}

/**
 * The work of a span whose attributes state its type, as those of most dialects do. Reads these attributes by their names: V8
 * needs a microsecond to list the names of an object with more than about 20 of them.
 * @returns undefined if all attributes have to be read
 */
function statedWork(attributes: SpanOfWork['attributes']): Work | undefined {
  try {
    const type = statedTypeIn(attributes);
    if (type === undefined) return undefined;
    const isCall = isModelCall(type);
    const model = isCall ? statedModelIn(attributes) : undefined;
    if (isCall && model === undefined) return undefined;
    const isPending = PENDING_KEYS.some(({ key }) => attributes[key] === PENDING_SPAN);
    return { type, model: modelName(model), isPending };
  } catch {
    // A getter may throw.
    return undefined;
  }
}

function statedTypeIn(attributes: SpanOfWork['attributes']): StepType | undefined {
  const stated = new StatedType();
  for (const { key, order } of TYPE_KEYS) {
    if (stated.isBefore(order)) break;
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    const { types, isOfModels } = workRulesOf(key);
    if (!isOfModels || typeof value !== 'string') return undefined;
    for (const rule of types) {
      // Whether the presence of an attribute states the type depends on all others.
      if (rule.types !== undefined) stated.read(rule, value, rule.order);
    }
  }
  return stated.type;
}

/** Undefined if the attribute that wins does not state it alone. */
function statedModelIn(attributes: SpanOfWork['attributes']): string | undefined {
  for (const { key } of MODEL_KEYS) {
    const value = attributes[key];
    if (value === undefined || value === null) continue;
    const fact = workRulesOf(key).ofWork?.fact;
    if (typeof value !== 'string') return undefined;
    return fact === 'model' || fact === 'requestModel' ? readFact(fact, value) : undefined;
  }
  return undefined;
}

/** The work of a span by all of its attributes. */
function foundWork({ kind, attributes, events }: SpanOfWork): Work {
  const stated = new StatedType();
  const facts = new WorkFacts();
  let isOfAny = false;
  for (const key of keysOf(attributes)) {
    const { types, ofWork, isOfModels } = workRulesOf(key);
    isOfAny ||= isOfModels;
    if (ofWork === undefined && types.length === 0) continue;
    const value = valueAt(attributes, key);
    if (value === undefined || value === null) continue;
    for (const rule of types) stated.read(rule, value, rule.order);
    if (ofWork !== undefined) facts.read(ofWork, key, value);
  }
  if (!isOfAny) return { type: typeOfKind(kind), model: undefined, isPending: false };
  const { type } = stated;
  if (type !== undefined && events.length === 0) return facts.workOf(type);
  // A span without a stated type is a model call if it states what a model used or answered.
  const all = new FoundFacts(attributes, events);
  return workIn(all, typeOf(all, kind));
}

/** As `attributeOf`, but reads getters: the copy of the attributes of an ended span has their values too. */
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
    isPending: facts.get('pending') === PENDING_SPAN,
  };
}

/** The facts that the work of a span depends on, besides its type. */
class WorkFacts {
  readonly #values: Record<string, unknown> = {};
  readonly #found = { model: NOT_FOUND, requestModel: NOT_FOUND, pending: NOT_FOUND };
  /** Whether each attribute stated just one of these facts. */
  #areAlone = true;
  #hasMetadata = false;

  read({ fact, order }: WorkRule, key: string, value: unknown): void {
    this.#values[key] = value;
    if (fact === 'metadata') {
      this.#hasMetadata = true;
      return;
    }
    const text = fact && readFact(fact, value);
    if (fact === undefined || text === undefined) this.#areAlone = false;
    else if (order < this.#found[fact].order) this.#found[fact] = { order, text };
  }

  workOf(type: StepType): Work {
    const { model, requestModel, pending } = this.#found;
    const name = isModelCall(type) ? (model.text ?? requestModel.text) : undefined;
    // Any other statement of the model wins over metadata.
    const isInMetadata = this.#hasMetadata && isModelCall(type) && name === undefined;
    if (!this.#areAlone || isInMetadata) return workIn(new FoundFacts(this.#values, NONE), type);
    return { type, model: modelName(name), isPending: pending.text === PENDING_SPAN };
  }
}

const NOT_FOUND: { readonly order: number; readonly text: string | undefined } = {
  order: Number.POSITIVE_INFINITY,
  text: undefined,
};

const NONE: readonly never[] = [];

/** Whether an attribute of the span is one of models, agents and tools, in any dialect. */
export function isOfModels(attributes: Readonly<Record<string, unknown>>): boolean {
  for (const key in attributes) if (workRulesOf(key).isOfModels) return true;
  return false;
}
