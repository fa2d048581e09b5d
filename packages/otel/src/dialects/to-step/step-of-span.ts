/** Converts a span to a step. */

import {
  definedFields,
  type JsonObject,
  objectOrEmpty,
  type StepType,
} from '@openlayer-tracing/core/integration';
import { FoundFacts } from '../attributes/found-facts.js';
import type { MeasuredSpan } from '../data/span-data.js';
import type { SpanError, SpanStep, StepData } from '../data/step-data.js';
import { PENDING_SPAN } from '../facts/facts.js';
import { plainValue } from '../facts/plain-value.js';
import { errorOf, isException } from './error-of-span.js';
import { fieldsOf } from './fields-of-span.js';
import { openlayerFields } from './openlayer-fields.js';
import { typeOf } from './type-of-span.js';
import { statedUsage } from './usage-of-span.js';

/**
 * The span as a step, by the conventions for generative AI of OpenTelemetry, OpenInference, OpenLLMetry, the AI SDK, Langfuse,
 * LangSmith and Logfire, and those for HTTP, databases and the Model Context Protocol. Attributes that none of them has are in
 * `metadata.attributes`, at most 128. Token counts and costs of steps that are no model call are in their metadata, so that nothing
 * is counted twice. Never throws, whatever the span holds.
 */
export function stepOfSpan(span: MeasuredSpan): SpanStep {
  const facts = new FoundFacts(span.attributes, span.events);
  const type = typeOf(facts, span.kind);
  const { metadata, ...fields } = fieldsOf(facts, type);
  const error = errorOf(facts, span);
  const usage = statedUsage(facts, span, type);
  const startTime = finite(span.startMs);
  const step: StepData = {
    name: facts.get('name') ?? nameOf(span, type),
    type,
    startTime,
    endTime: Math.max(finite(span.endMs), startTime),
    ...definedFields(fields),
    ...usage.fields,
    ...openlayerFields(facts.get('stepFields')),
    metadata: {
      ...facts.members('metadata'),
      ...definedFields({
        ...metadata,
        ...usage.metadata,
        ...spanMetadata(facts, span, error),
      }),
      ...facts.get('stepMetadata'),
    },
    ...(error !== undefined && { error }),
  };
  return {
    step,
    ...definedFields({
      inferenceId: facts.get('inferenceId'),
      sessionId: facts.get('sessionId'),
      userId: facts.get('userId'),
      tags: facts.get('tags'),
    }),
    dialects: facts.dialects,
    isPending: facts.get('pending') === PENDING_SPAN,
  };
}

function nameOf({ name }: MeasuredSpan, type: StepType): string {
  return typeof name === 'string' && name !== '' ? name : type;
}

function finite(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

const MAX_EVENTS = 32;

function spanMetadata(
  facts: FoundFacts,
  span: MeasuredSpan,
  error: SpanError | undefined,
): JsonObject {
  // An exception of a span that did not fail was handled.
  const events = facts.otherEvents.filter((event) => error === undefined || !isException(event));
  const { typeWord = '' } = facts;
  const isInName = `${span.name}`.toLowerCase().includes(typeWord.toLowerCase());
  return {
    kind: isInName ? undefined : typeWord,
    timeToFirstToken: firstTokenMs(facts, span),
    scope: facts.dialects.includes('openlayer') ? undefined : scopeText(span.scope),
    events: events.length > 0 ? events.slice(0, MAX_EVENTS).map(plainValue) : undefined,
    attributes: facts.unknown,
    unkeptAttributes: facts.unkept || undefined,
  };
}

/** `@opentelemetry/instrumentation-http 0.223.0` */
export function scopeText(scope: unknown): string | undefined {
  const { name, version } = objectOrEmpty(scope);
  if (typeof name !== 'string' || name === '') return undefined;
  return typeof version === 'string' ? `${name} ${version}` : name;
}

/** Milliseconds, to the microsecond. */
function firstTokenMs(facts: FoundFacts, { startMs }: MeasuredSpan): number | undefined {
  const seconds = facts.get('firstChunkSeconds');
  const at = facts.get('firstChunkAt');
  const stated = seconds === undefined ? undefined : seconds * 1000;
  const ms = facts.get('firstChunkMs') ?? stated ?? (at === undefined ? undefined : at - startMs);
  return ms === undefined || !(ms >= 0) ? undefined : Math.round(ms * 1000) / 1000;
}
