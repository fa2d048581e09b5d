/** @throws Error unless all bytes were written: an append to a file on a full disk writes some of them. */
export function assertWritten(written: number, length: number): void {
  if (written < length)
    throw new Error(`${written} of ${length} bytes were written: the disk is full`);
}
