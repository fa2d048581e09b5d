/** Reads the frames of a file of any size with a small buffer, and skips damaged ranges. */

import { allocate } from '#platform';
import type { SpoolFiles } from '../../platform/spool-files.js';
import { type Frame, frameAt, HEADER_BYTES, MAX_PAYLOAD_BYTES } from './frame.js';

const WINDOW_BYTES = 512 * 1024;

/** A range of bytes without a valid frame. */
export interface Damage {
  readonly offset: number;
  readonly end: number;
  /** Whether it is the beginning of a frame at the end of the file, whose write was cut. */
  readonly isTorn: boolean;
}

export interface FrameVisitor {
  /** Called for each frame. The payload is valid during the call alone. */
  frame(frame: Frame): void;
  damage(damage: Damage): void;
}

/** Visits every intact frame in order, and the damaged ranges between them. */
export async function readFrames(
  files: SpoolFiles,
  file: number,
  visitor: FrameVisitor,
): Promise<void> {
  let buffer = allocate(WINDOW_BYTES);
  let base = 0;
  let filled = 0;
  let damagedFrom = -1;
  const endDamage = (end: number) => {
    if (damagedFrom >= 0) visitor.damage({ offset: damagedFrom, end, isTorn: false });
    damagedFrom = -1;
  };
  for (;;) {
    const read = await files.read(file, buffer.subarray(filled), base + filled);
    filled += read;
    const isLast = read === 0;
    const bytes = buffer.subarray(0, filled);
    let at = 0;
    while (at < filled) {
      const frame = frameAt(bytes, at, base, files.checksum);
      if (typeof frame === 'object') {
        endDamage(frame.offset);
        visitor.frame(frame);
        at = frame.end - base;
        continue;
      }
      if (frame === 'cut' && !isLast) break;
      const isTorn = frame === 'cut' && damagedFrom < 0;
      if (damagedFrom < 0) damagedFrom = base + at;
      const next = bytes.indexOf(0xff, at + 1);
      if (isTorn && next < 0) {
        visitor.damage({ offset: damagedFrom, end: base + filled, isTorn });
        damagedFrom = -1;
      }
      at = next < 0 ? filled : next;
    }
    base += at;
    filled -= at;
    if (isLast) break;
    // The rest is the beginning of a frame. The buffer grows only for a frame that is longer than it.
    const longest = MAX_PAYLOAD_BYTES + HEADER_BYTES;
    if (filled === buffer.byteLength && filled < longest) {
      const longer = allocate(Math.min(buffer.byteLength * 2, longest));
      longer.set(buffer);
      buffer = longer;
    } else if (at > 0) {
      buffer.copyWithin(0, at, at + filled);
    }
  }
  endDamage(base + filled);
}
