/**
 * The spool's format: frames, one after another. Each stands for itself, so that what is damaged costs no other.
 *
 *     0  magic: FF 4F 4C 77 — the first byte occurs in no UTF-8 text
 *     4  CRC-32 of all that follows
 *     8  version, kind, two zeros
 *     12 number of the trace within its segment, little-endian
 *     16 length of the payload, little-endian
 *     20 payload
 */

export const HEADER_BYTES = 20;
export const VERSION = 1;
/** No trace comes near it: a longer payload is a damaged length. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** What a frame says of the trace with its number, or of the list of traces in its payload. */
export const Kind = {
  /** It began. JSON: what is known of it then. */
  start: 1,
  /** It ended. Three lines: inference ID, layout, row. A later one replaces an earlier one. */
  row: 2,
  /** They are being sent: without a further word, it is not known whether they arrived. */
  sent: 3,
  /** They have not arrived. */
  kept: 4,
  /** They are delivered, set aside or not wanted. */
  done: 5,
} as const;

export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Frame {
  readonly version: number;
  readonly kind: number;
  readonly number: number;
  /** Where it begins in the file. */
  readonly offset: number;
  /** Where it ends in the file. */
  readonly end: number;
  readonly payload: Uint8Array;
}

export type Checksum = (bytes: Uint8Array) => number;

/** Completes a frame whose payload already stands behind the room for its header. @returns its length */
export function sealFrame(
  target: Uint8Array,
  kind: Kind,
  number: number,
  payloadBytes: number,
  checksum: Checksum,
): number {
  const end = HEADER_BYTES + payloadBytes;
  target[0] = 0xff;
  target[1] = 0x4f;
  target[2] = 0x4c;
  target[3] = 0x77;
  target[8] = VERSION;
  target[9] = kind;
  target[10] = target[11] = 0;
  putUint32(target, 12, number);
  putUint32(target, 16, payloadBytes);
  putUint32(target, 4, checksum(target.subarray(8, end)));
  return end;
}

function putUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value & 0xff;
  target[at + 1] = (value >>> 8) & 0xff;
  target[at + 2] = (value >>> 16) & 0xff;
  target[at + 3] = value >>> 24;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** What stands at one place: a frame, nothing of the kind, or the beginning of one that may go on behind the bytes. */
export function frameAt(
  bytes: Uint8Array,
  at: number,
  base: number,
  checksum: Checksum,
): Frame | 'none' | 'cut' {
  if (at >= bytes.byteLength) return 'cut';
  if (bytes[at] !== 0xff) return 'none';
  if (bytes.byteLength - at < HEADER_BYTES) return 'cut';
  if (bytes[at + 1] !== 0x4f || bytes[at + 2] !== 0x4c || bytes[at + 3] !== 0x77) return 'none';
  const length = uint32(bytes, at + 16);
  if (length > MAX_PAYLOAD_BYTES) return 'none';
  const end = at + HEADER_BYTES + length;
  if (end > bytes.byteLength) return 'cut';
  if (checksum(bytes.subarray(at + 8, end)) !== uint32(bytes, at + 4)) return 'none';
  return {
    version: bytes[at + 8] as number,
    kind: bytes[at + 9] as number,
    number: uint32(bytes, at + 12),
    offset: base + at,
    end: base + end,
    payload: bytes.subarray(at + HEADER_BYTES, end),
  };
}
