/** W3C Trace Context, level 2 (https://www.w3.org/TR/trace-context-2/): the ids that a trace shares with other services. */

import { randomUuid } from '../../platform/random-id.js';
import { bitsOfDigits, hexadecimal, mixedBits } from '../../values/text/hash-bits.js';

/** What a caller says about itself in the headers `traceparent` and `tracestate`. */
export interface Caller {
  /** 32 hexadecimal digits in lower case, not all zero. */
  readonly traceId: string;
  /** Of the caller's operation: 16 hexadecimal digits in lower case, not all zero. */
  readonly spanId: string;
  /** Whether the caller records the trace. A hint: whether this trace is recorded does not depend on it. */
  readonly isSampled: boolean;
  /** Whether the last 7 bytes of the trace id are random. */
  readonly isRandom: boolean;
  /** The header `traceparent` as it was received. */
  readonly traceparent: string;
  /** The header `tracestate` as it was received; undefined without a valid one. */
  readonly tracestate: string | undefined;
  /** Whether the operation is one of another process, as that of a header is. */
  readonly isRemote: boolean;
}

const SAMPLED = 1;
const RANDOM = 2;

/** Version, trace id, parent id, flags, and what a version after 00 may add. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;

/**
 * Reads the headers; undefined if `traceparent` is invalid. A header that was sent twice is joined by a comma, and is therefore
 * invalid.
 * @param tracestate returns that header; called only if `traceparent` is valid
 */
export function readCaller(
  traceparent: string,
  tracestate: () => string | undefined,
): Caller | undefined {
  const header = traceparent.trim();
  const [, version, traceId = '', spanId = '', flagDigits = '', more] =
    TRACEPARENT.exec(header) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (version === '00' && more !== undefined) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  const flags = Number.parseInt(flagDigits, 16);
  const state = tracestate();
  return {
    traceId,
    spanId,
    isSampled: (flags & SAMPLED) !== 0,
    isRandom: (flags & RANDOM) !== 0,
    traceparent: header,
    tracestate: state !== undefined && isTracestate(state) ? state : undefined,
    isRemote: true,
  };
}

const MAX_MEMBERS = 32;
/** A key and a value. The value is printable ASCII without `,` and `=`, and does not end in a space. */
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/** Whether a value of the header `tracestate` can be sent on. One invalid member invalidates all of them. */
function isTracestate(header: string): boolean {
  const members = header.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  const present = members.filter((member) => member !== '');
  return (
    present.length > 0 &&
    present.length <= MAX_MEMBERS &&
    present.every((member) => MEMBER.test(member))
  );
}

/** The ids of a trace by W3C Trace Context. */
export class TraceIds {
  readonly traceId: string;
  /** The caller, if the trace continues the caller's. */
  readonly parent: Caller | undefined;
  /** A caller whose trace is not continued. */
  readonly link: Caller | undefined;

  /** @param generatedId an inference ID that was generated for the trace: its digits are the trace id */
  static new(generatedId?: string, link?: Caller): TraceIds {
    const id = generatedId !== undefined && UUID_4.test(generatedId) ? generatedId : randomUuid();
    return new TraceIds(digitsOf(id), undefined, link);
  }

  static continuing(parent: Caller): TraceIds {
    return new TraceIds(parent.traceId, parent, undefined);
  }

  private constructor(traceId: string, parent: Caller | undefined, link: Caller | undefined) {
    this.traceId = traceId;
    this.parent = parent;
    this.link = link;
  }

  /** The flags to send and to log: sampled, since the trace is recorded, and random if its id is. */
  get flags(): string {
    return (this.parent?.isRandom ?? true) ? '03' : '01';
  }

  /** The headers for a call that this step makes for the request with the id. */
  headersFor(stepId: string, requestId: string): Record<string, string> {
    const traceparent = `00-${this.traceId}-${spanIdOf(stepId)}-${this.flags}`;
    const tracestate = this.parent?.tracestate;
    return tracestate === undefined
      ? { traceparent, 'x-request-id': requestId }
      : { traceparent, tracestate, 'x-request-id': requestId };
  }

  /** The value of `metadata.otel`, as JSON text. @param rootId id of the root step */
  metadataText(rootId: string): string {
    const { parent, link } = this;
    return JSON.stringify({
      span_id: spanIdOf(rootId),
      parent_span_id: parent?.spanId,
      // It is true for most callers.
      parent_is_remote: parent?.isRemote === false ? false : undefined,
      sampled: parent?.isSampled,
      links: link && [{ trace_id: link.traceId, span_id: link.spanId }],
    });
  }
}

/** The 32 digits of a UUID. Slices are twice as fast as `replaceAll`. */
function digitsOf(uuid: string): string {
  return (
    uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
  );
}

/** What `randomUuid` returns, unless a test replaced `crypto.randomUUID`. */
const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The span id of a step: 16 hexadecimal digits, not all zero, always the same for the same step. The ids of one process share
 * a prefix and count up; they are mixed so that each process has span ids of its own and no two steps of it have the same.
 * @param stepId a UUID
 */
export function spanIdOf(stepId: string): string {
  const word = (start: number, end: number) => bitsOfDigits(stepId, start, end);
  // The random digits of the prefix, and the counter in its last 12 digits.
  let high = word(0, 8) ^ word(24, 28);
  let low = (word(9, 13) << 16) ^ word(15, 18) ^ (word(20, 23) << 8) ^ word(28, 36);
  // A Feistel network: it can be reversed, so that different counters cannot give the same id.
  for (let round = 1; round <= 4; round++) {
    const mixed = high ^ mixedBits(low + round);
    high = low;
    low = mixed;
  }
  const digits = hexadecimal(high) + hexadecimal(low);
  return digits === '0000000000000000' ? '0000000000000001' : digits;
}
