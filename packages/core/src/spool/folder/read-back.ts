import type { Ledger } from '../../publish/counts/ledger.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import type { Segment } from '../segment/segment.js';
import { positionOf } from '../segment/segment-position.js';
import type { SpoolFolder } from './spool-folder.js';

const WINDOW_BYTES = 1024 * 1024;

/** Reads the next waiting rows of a segment, and marks them as queued. Rows that cannot be read are dropped and reported. */
export async function readBack(
  folder: SpoolFolder,
  segment: Segment,
  ledger: Ledger,
): Promise<readonly QueuedRow[]> {
  try {
    const { rows, damaged } = await segment.readSpooled(WINDOW_BYTES);
    // `closeAdoptedByOther` or a deletion to make room has closed it meanwhile, and has counted its rows.
    if (segment.isClosed) return [];
    for (const row of rows) {
      const position = positionOf(row);
      position?.segment.setQueued(position.number);
    }
    if (damaged > 0) {
      ledger.dropSpooled('spool_damaged', damaged);
      folder.diagnostics.report(
        'error',
        'spool_damaged',
        `${damaged} rows of ${segment.path} cannot be read back and are lost`,
      );
    }
    return rows;
  } catch (error) {
    folder.pauseAfterFailedRead(segment, error);
    return [];
  }
}
