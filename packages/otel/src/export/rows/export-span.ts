/** A span of ours as it is exported, independent of the encoding. */

import type { SpanKind, SpanStatus } from '../../dialects/span-data.js';

export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface ExportEvent {
  readonly name: string;
  readonly timeNs: bigint;
  readonly attributes: Attributes;
}

export interface ExportLink {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether it leads to another process. */
  readonly isRemote: boolean;
}

export interface ExportSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 16 hexadecimal digits; undefined for the root of a trace. */
  readonly parentSpanId: string | undefined;
  /** Whether the parent is a span of another process. */
  readonly hasRemoteParent: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint;
  /** Nanoseconds since the epoch. */
  readonly endNs: bigint;
  readonly attributes: Attributes;
  /** Number of attributes that were left out. */
  readonly droppedAttributes: number;
  readonly events: readonly ExportEvent[];
  readonly links: readonly ExportLink[];
  readonly status: SpanStatus;
}

/** The flags by W3C Trace Context: what is exported was recorded. */
export const SAMPLED = 1;
const IS_REMOTE_KNOWN = 0x100;
const IS_REMOTE = 0x200;

/** The field `flags` of a span. */
export function flagsOf({ hasRemoteParent }: ExportSpan): number {
  return remoteFlags(hasRemoteParent);
}

/** The field `flags` of a link. */
export function linkFlagsOf({ isRemote }: ExportLink): number {
  return remoteFlags(isRemote);
}

function remoteFlags(isRemote: boolean): number {
  return SAMPLED | IS_REMOTE_KNOWN | (isRemote ? IS_REMOTE : 0);
}

/** The spans of one request, and what made them. */
export interface ExportBatch {
  readonly resource: Attributes;
  readonly spans: readonly ExportSpan[];
}
