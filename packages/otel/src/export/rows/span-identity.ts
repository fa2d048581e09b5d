/** The ids of the spans of a row. The same row always gives the same ids, so that a row that is sent twice overwrites itself. */

import {
  hexadecimal,
  type JsonObject,
  mixedBits,
  spanIdOf,
} from '@openlayer-tracing/core/integration';
import { isSpanId, isTraceId } from '../../dialects/data/trace-context.js';
import { otelOf } from './otel-metadata.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The trace id of a row; one that has none, as rows of older versions, gets one by its inference ID. */
export function traceIdOf(traceId: unknown, inferenceId: string): string {
  if (isTraceId(traceId)) return traceId;
  const digits = UUID.test(inferenceId) ? inferenceId.toLowerCase().replaceAll('-', '') : '';
  return isTraceId(digits) ? digits : `${hash(inferenceId, 1)}${hash(inferenceId, 2)}`;
}

/** Chooses the ids of a row's spans. Each is used once, even if several steps have the same id. */
export class SpanIds {
  readonly #used = new Set<string>();

  /** The id of the next step in the order of the row. */
  of(step: JsonObject): string {
    const { span_id: own } = otelOf(step);
    let chosen = isSpanId(own) ? own : idOf(step.id);
    while (this.#used.has(chosen)) chosen = hash(chosen, this.#used.size);
    this.#used.add(chosen);
    return chosen;
  }
}

function idOf(stepId: unknown): string {
  return typeof stepId === 'string' && UUID.test(stepId)
    ? spanIdOf(stepId.toLowerCase())
    : hash(String(stepId), 0);
}

/** 16 hexadecimal digits, not all zero (MurmurHash3's mixing over two lanes). */
function hash(text: string, seed: number): string {
  let high = 0x9747b28c ^ seed;
  let low = 0x3c6ef372 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    high = (high << 13) | (high >>> 19);
    low = Math.imul(low ^ unit, 0xc2b2ae35) + high;
    low = (low << 15) | (low >>> 17);
  }
  high = mixedBits(high ^ text.length) ^ low;
  low = mixedBits(low) ^ high;
  const digits = hexadecimal(mixedBits(high)) + hexadecimal(mixedBits(low));
  return isSpanId(digits) ? digits : '0000000000000001';
}
