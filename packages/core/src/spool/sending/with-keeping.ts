/** Keeps rows on disk that cannot be delivered. */

import type { QueuedRow } from '../../publish/row/queued-row.js';
import { isAboutRows } from '../../publish/transport/poison-rows.js';
import type { RowDelivery, RowTransport } from '../../publish/transport/row-transport.js';
import { SendError } from '../../publish/transport/send-error.js';

/** Where undelivered rows are kept. */
export interface RowKeeper {
  /** Adds rows that are sent now. If the process exits before they are removed, they may have arrived. */
  addInFlight(rows: readonly QueuedRow[]): void;
  removeInFlight(rows: readonly QueuedRow[]): void;
  /** Marks the traces of rows as finished. */
  finish(rows: readonly QueuedRow[]): void;
  /** Keeps rows to be sent again. */
  keepAll(rows: readonly QueuedRow[], error: unknown): RowDelivery;
  /** Keeps a row that the platform refuses in the quarantine. @returns whether that succeeded */
  quarantine(row: QueuedRow): Promise<boolean>;
}

/** A transport that keeps undelivered rows on disk. It throws only if a smaller batch may succeed. */
export function withKeeping(transport: RowTransport, keeper: RowKeeper): RowTransport {
  return {
    async send(batch, options) {
      const { rows } = batch;
      keeper.addInFlight(rows);
      try {
        const delivery = await transport.send(batch, options);
        keeper.finish(rows);
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError)) return keeper.keepAll(rows, error);
        if (error.isFinal) return quarantineAll(keeper, rows, error);
        if (!isAboutRows(error, rows.length)) return keeper.keepAll(rows, error);
        if (rows.length > 1) throw error;
        return quarantineAll(keeper, rows, error);
      } finally {
        keeper.removeInFlight(rows);
      }
    },
    close: () => transport.close(),
  };
}

/** Moves rows to the quarantine; those for which that fails are kept. */
async function quarantineAll(
  keeper: RowKeeper,
  rows: readonly QueuedRow[],
  error: SendError,
): Promise<RowDelivery> {
  const moved: QueuedRow[] = [];
  const kept: QueuedRow[] = [];
  for (const row of rows) ((await keeper.quarantine(row)) ? moved : kept).push(row);
  if (moved.length > 0) keeper.finish(moved);
  const delivery =
    kept.length > 0 ? keeper.keepAll(kept, error) : { delivered: 0, lost: {}, error };
  return { ...delivery, quarantined: moved.length };
}
