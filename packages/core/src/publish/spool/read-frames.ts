/** Reads a file of frames of any size in a little memory, past whatever is damaged in it. */

import { allocate } from '#platform';
import type { SpoolFiles } from './files.js';
import { type Frame, frameAt, HEADER_BYTES, MAX_PAYLOAD_BYTES } from './frame.js';

const WINDOW_BYTES = 512 * 1024;

/** Bytes that are no frame. */
export interface Damage {
  readonly offset: number;
  readonly end: number;
  /** Whether it is the beginning of a frame that was never written whole. */
  readonly isTorn: boolean;
}

export interface FrameVisitor {
  /** Its payload is valid only now. */
  frame(frame: Frame): void;
  damage(damage: Damage): void;
}

/** Shows every intact frame, in order, and what lies between them. */
export async function readFrames(
  files: SpoolFiles,
  file: number,
  visitor: FrameVisitor,
): Promise<void> {
  let buffer = allocate(WINDOW_BYTES);
  let base = 0;
  let filled = 0;
  let damagedFrom = -1;
  const repaired = (end: number, isTorn: boolean) => {
    if (damagedFrom >= 0) visitor.damage({ offset: damagedFrom, end, isTorn });
    damagedFrom = -1;
  };
  for (;;) {
    const read = await files.read(file, buffer.subarray(filled), base + filled);
    filled += read;
    const isLast = read === 0;
    const bytes = buffer.subarray(0, filled);
    let at = 0;
    while (at < filled) {
      const found = frameAt(bytes, at, base, files.checksum);
      if (typeof found === 'object') {
        repaired(found.offset, false);
        visitor.frame(found);
        at = found.end - base;
        continue;
      }
      if (found === 'cut' && !isLast) break;
      const isTorn = found === 'cut' && damagedFrom < 0;
      if (damagedFrom < 0) damagedFrom = base + at;
      const next = bytes.indexOf(0xff, at + 1);
      if (isTorn && next < 0) repaired(base + filled, true);
      at = next < 0 ? filled : next;
    }
    base += at;
    filled -= at;
    if (isLast) break;
    // What is left is the beginning of a frame. Only a longer one than the buffer needs a longer buffer.
    const longest = MAX_PAYLOAD_BYTES + HEADER_BYTES;
    if (filled === buffer.byteLength && filled < longest) {
      const longer = allocate(Math.min(buffer.byteLength * 2, longest));
      longer.set(buffer);
      buffer = longer;
    } else if (at > 0) {
      buffer.copyWithin(0, at, at + filled);
    }
  }
  repaired(base + filled, false);
}
