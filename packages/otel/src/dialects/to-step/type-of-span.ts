/** The type of the step that a span becomes. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import type { SpanKind } from '../data/span-data.js';
import { modelOf } from './model-of-span.js';

/** The type that an attribute states, else the one of what the span looks like. */
export function typeOf(facts: FoundFacts, kind: SpanKind): StepType {
  if (facts.type !== undefined) return facts.type;
  if (looksLikeModelCall(facts, kind)) return 'chat_completion';
  return typeOfKind(kind);
}

/**
 * Whether a span of no stated type is a model call: it has a model, and what the model used or answered. A call that names provider
 * and model is one at its start already: some instrumentations of Bedrock state no operation.
 */
function looksLikeModelCall(facts: FoundFacts, kind: SpanKind): boolean {
  if (modelOf(facts) === undefined) return false;
  const isCall = kind === 'client' && facts.get('provider') !== undefined;
  return isCall || (facts.members('tokens') ?? facts.get('answer')) !== undefined;
}

/** The types of spans of which no dialect states the type, by their kind. */
const BY_KIND: ReadonlyMap<unknown, StepType> = new Map([
  ['server', 'user_call'],
  ['consumer', 'user_call'],
  ['client', 'function_call'],
  ['producer', 'function_call'],
]);

/** The type of a span of which no dialect states it. */
export function typeOfKind(kind: SpanKind): StepType {
  return BY_KIND.get(kind) ?? 'chain';
}
