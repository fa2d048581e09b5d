/** A file that was deleted while it was open still has its contents. */

import { allocate } from '#platform';
import type { SpoolFiles } from './files.js';
import type { Segment } from './segment.js';

const CHUNK_BYTES = 1024 * 1024;

/** Gives the segment a file again, with all that it has written to the deleted one: another process may have written more. */
export function restored(files: SpoolFiles, segment: Segment): void {
  const before = segment.file;
  const file = files.create(segment.path);
  const chunk = allocate(CHUNK_BYTES);
  for (let position = 0; position < segment.bytes; ) {
    const wanted = chunk.subarray(0, Math.min(CHUNK_BYTES, segment.bytes - position));
    const read = files.readNow(before, wanted, position);
    if (read === 0) break;
    files.append(file, chunk, read);
    position += read;
  }
  segment.replaceFile(file);
}
