import type { Spool } from '../publish/spool.js';

/** The import `#spool` on runtimes without a file system: there is no spool. */
export function openSpool(): Spool | undefined {
  return undefined;
}
