import type { Ledger } from '../ledger.js';
import type { QueuedRow } from '../row.js';
import type { SpoolFolder } from './folder.js';
import type { Segment } from './segment.js';
import { State } from './trace-table.js';

const WINDOW_BYTES = 1024 * 1024;

/** Reads the next rows that wait in a segment. From now on they are under way. */
export async function readBack(
  folder: SpoolFolder,
  segment: Segment,
  ledger: Ledger,
): Promise<readonly QueuedRow[]> {
  try {
    const { rows, damaged } = await segment.readKept(WINDOW_BYTES);
    for (const { entry } of rows) entry?.segment.table.set(entry.number, State.held);
    if (damaged > 0) {
      ledger.spooled -= damaged;
      ledger.drop('spool_damaged', damaged);
      folder.diagnostics.report(
        'error',
        'spool_damaged',
        `${damaged} rows of ${segment.path} cannot be read back and are lost`,
      );
    }
    return rows;
  } catch (error) {
    folder.failed(error);
    return [];
  }
}
