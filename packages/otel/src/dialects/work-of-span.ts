/** What kind of work a span stands for, without the rest of what it says. */

import { isModelCall, type StepType } from '@openlayer-tracing/core/integration';
import { modelOf } from './content-of-span.js';
import { FoundFacts } from './found-facts.js';
import { attributeOf, keysOf } from './plain-value.js';
import { rulesOf } from './rules.js';
import type { SpanEvent, SpanKind } from './span-data.js';
import { StatedType } from './stated-type.js';
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
  const ofWork: Record<string, unknown> = {};
  let isOfAny = false;
  for (const key of keysOf(attributes)) {
    const { types, isOfWork, isOfModels } = rulesOf(key);
    isOfAny ||= isOfModels;
    if (!isOfWork && types.length === 0) continue;
    const value = attributeOf(attributes, key);
    if (value === undefined || value === null) continue;
    for (const rule of types) stated.read(rule, value, rule.rank);
    if (isOfWork) ofWork[key] = value;
  }
  if (!isOfAny) return { type: typeOfKind(kind), model: undefined, isPending: false };
  // A span without a stated type is a model call if it says what a model used or answered.
  const ofStated = events.length === 0 ? stated.type : undefined;
  const facts =
    ofStated === undefined ? new FoundFacts(attributes, events) : new FoundFacts(ofWork, NONE);
  const type = ofStated ?? typeOf(facts, kind);
  return {
    type,
    model: isModelCall(type) ? modelOf(facts) : undefined,
    isPending: facts.get('pending') === 'pending_span',
  };
}

const NONE: readonly never[] = [];

/** Whether an attribute of the span is one of models, agents and tools, in any convention. */
export function isOfModels(attributes: Readonly<Record<string, unknown>>): boolean {
  for (const key in attributes) if (rulesOf(key).isOfModels) return true;
  return false;
}
