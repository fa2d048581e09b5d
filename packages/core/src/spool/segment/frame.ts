/**
 * The format of spool files: frames, one after another. Each has its own checksum, so that damage affects one frame alone.
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
/** No row is that long: a greater length is damage. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

/** What a frame records about the trace with its number, or about the list of traces in its payload. */
export const FrameKind = {
  /** The trace started. Payload: JSON of the facts known at its start. */
  start: 1,
  /** The trace's row. Payload: three lines, inference ID, layout and row. It replaces an earlier row. */
  row: 2,
  /** The rows are being sent. Without a later frame, it is not known whether they arrived. */
  sent: 3,
  /** The rows did not arrive. */
  notArrived: 4,
  /** The traces are finished: delivered, quarantined or not to be published. */
  done: 5,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface Frame {
  readonly version: number;
  readonly kind: number;
  readonly number: number;
  /** Position of its first byte in the file. */
  readonly offset: number;
  /** Position after its last byte in the file. */
  readonly end: number;
  readonly payload: Uint8Array;
}

export type Checksum = (bytes: Uint8Array) => number;

/** Writes the header of a frame, whose payload is already in place after it. @returns the frame's length */
export function writeHeader(
  target: Uint8Array,
  kind: FrameKind,
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

/** Whether the bytes at an index are those that each frame starts with. */
function hasMagic(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0x4c && bytes[at + 3] === 0x77
  );
}

/** What the header of a frame states; undefined if the bytes are no header. The payload is not checked. */
export function frameHeaderOf(
  bytes: Uint8Array,
): { readonly kind: number; readonly payloadBytes: number } | undefined {
  if (!hasMagic(bytes, 0)) return undefined;
  return { kind: bytes[9] as number, payloadBytes: uint32(bytes, 16) };
}

/** The frame at an index; 'none' if there is none, 'cut' if the bytes end within what may be one. @param base position of the bytes in the file */
export function frameAt(
  bytes: Uint8Array,
  at: number,
  base: number,
  checksum: Checksum,
): Frame | 'none' | 'cut' {
  if (at >= bytes.byteLength) return 'cut';
  if (bytes[at] !== 0xff) return 'none';
  if (bytes.byteLength - at < HEADER_BYTES) return 'cut';
  if (!hasMagic(bytes, at)) return 'none';
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

/** @throws Error unless all bytes were written: an append to a file on a full disk writes some of them. */
export function assertWritten(written: number, length: number): void {
  if (written < length)
    throw new Error(`${written} of ${length} bytes were written: the disk is full`);
}
