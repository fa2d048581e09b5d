/** A file that was deleted while it was open still has its contents. */

import { allocate } from '#platform';
import type { SpoolFiles } from './files.js';
import type { Segment } from './segment.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Gives the segment a file again, with all that it has written to the deleted one: another process may have written more.
 * @throws Error where there is no room for it: then the segment goes on in the deleted one
 */
export function restored(files: SpoolFiles, segment: Segment): void {
  const file = files.create(segment.path);
  try {
    copy(files, segment, file);
  } catch (error) {
    files.closeFile(file);
    files.remove(segment.path);
    throw error;
  }
  segment.replaceFile(file);
}

function copy(files: SpoolFiles, { file: from, bytes }: Segment, to: number): void {
  const chunk = allocate(CHUNK_BYTES);
  for (let position = 0; position < bytes; ) {
    const wanted = chunk.subarray(0, Math.min(CHUNK_BYTES, bytes - position));
    const read = files.readNow(from, wanted, position);
    if (read === 0) break;
    const written = files.append(to, chunk, read);
    if (written < read)
      throw new Error(`${written} of ${read} bytes were written: the disk is full`);
    position += read;
  }
}
