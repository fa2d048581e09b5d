/** Converts what both encodings have in common. */

import type { SpanKind, SpanLink, SpanStatus } from '@openlayer-tracing/otel/dialects';
import { Malformed } from './malformed.js';

const KINDS: readonly SpanKind[] = [
  'internal', // unspecified
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
];

/** The kind of a number; `internal` for an unknown one. */
export function kindOf(kind: number): SpanKind {
  return KINDS[kind] ?? 'internal';
}

const STATUS_CODES: readonly SpanStatus['code'][] = ['unset', 'ok', 'error'];

export function statusCodeOf(code: number): SpanStatus['code'] {
  return STATUS_CODES[code] ?? 'unset';
}

/** Bits of a span's flags: whether the sender knows where the parent is, and that it is in another process. */
const PARENT_IS_KNOWN_AND_REMOTE = 0x300;

export function hasRemoteParent(flags: number): boolean {
  return (flags & PARENT_IS_KNOWN_AND_REMOTE) === PARENT_IS_KNOWN_AND_REMOTE;
}

const NS_IN_MS = 1_000_000n;

/** Nanoseconds as milliseconds with fractions. Epoch nanoseconds are too large for a number, so the parts are converted apart. */
export function msOf(ns: bigint): number {
  return Number(ns / NS_IN_MS) + Number(ns % NS_IN_MS) / 1e6;
}

/** An integer of 64 bits: a number, or decimal digits if a number would be rounded. */
export function integerValue(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** A double as JSON can have it. */
export function doubleValue(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The times of a span. The end is not before the start; a missing one equals the other. */
export function timesOf(
  startNs: bigint,
  endNs: bigint,
): { readonly startMs: number; readonly endMs: number; readonly durationMs: number } {
  if (startNs === 0n && endNs === 0n) throw new Malformed('it has no times');
  const start = startNs === 0n ? endNs : startNs;
  const end = endNs < start ? start : endNs;
  return { startMs: msOf(start), endMs: msOf(end), durationMs: msOf(end - start) };
}

/** An id in lower case. @throws Malformed unless it has that many hexadecimal digits and is not zero */
export function idOf(name: string, hex: string, digits: 16 | 32): string {
  const id = hex.toLowerCase();
  if (id.length !== digits || !/^[0-9a-f]+$/.test(id)) {
    throw new Malformed(`its ${name} is not ${digits / 2} bytes`);
  }
  if (/^0+$/.test(id)) throw new Malformed(`its ${name} is zero`);
  return id;
}

/** A parent's id: absent if it is empty or zero. */
export function parentIdOf(hex: string, spanId: string): string | undefined {
  if (/^0*$/.test(hex)) return undefined;
  const id = idOf('parent span id', hex, 16);
  return id === spanId ? undefined : id;
}

/** A link; undefined without valid ids, since nothing can be found by it. */
export function linkOf(
  traceId: string,
  spanId: string,
  attributes: Readonly<Record<string, unknown>>,
): SpanLink | undefined {
  try {
    const ids = { traceId: idOf('trace id', traceId, 32), spanId: idOf('span id', spanId, 16) };
    return Object.keys(attributes).length === 0 ? ids : { ...ids, attributes };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
