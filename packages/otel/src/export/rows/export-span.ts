/** A span of ours as it is exported, independent of the encoding. */

import type { Attributes, SpanKind, SpanStatus } from '../../dialects/data/span-data.js';
import { SAMPLED } from '../../dialects/data/trace-context.js';

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
  /** Whether it leads to another process; undefined if that is not known. */
  readonly isRemote: boolean | undefined;
  readonly attributes: Attributes;
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

/* The flags of OTLP beside those of W3C Trace Context. */
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

/** The flags of a sampled span, and whether its parent or link is in another process, if that is known. */
function remoteFlags(isRemote: boolean | undefined): number {
  if (isRemote === undefined) return SAMPLED;
  return SAMPLED | IS_REMOTE_KNOWN | (isRemote ? IS_REMOTE : 0);
}

/** The spans of one request, and what made them. */
export interface ExportBatch {
  readonly resource: Attributes;
  readonly spans: readonly ExportSpan[];
}
