/** Transports that use a spool: one keeps rows that cannot be sent, one records which rows are being sent. */

import type { QueuedRow } from '../publish/queued-row.js';
import { isAboutRows, SendError } from '../publish/send-error.js';
import type { RowDelivery, RowTransport } from '../publish/transport.js';
import type { SpoolLog } from './spool-log.js';

/** A transport that keeps undelivered rows on disk. It throws only if a smaller batch may succeed. */
export function withKeeping(transport: RowTransport, log: SpoolLog): RowTransport {
  return {
    async send(batch, options) {
      const { rows } = batch;
      try {
        const delivery = await transport.send(batch, options);
        log.finish(rows);
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError)) return log.keepAll(rows, error);
        if (error.isFinal) return setAside(log, rows, error);
        if (!isAboutRows(error)) return log.keepAll(rows, error);
        if (rows.length > 1) throw error;
        return setAside(log, rows, error);
      }
    },
    close: () => transport.close(),
  };
}

/** Moves rows to the quarantine; those for which that fails are kept. */
async function setAside(
  log: SpoolLog,
  rows: readonly QueuedRow[],
  error: SendError,
): Promise<RowDelivery> {
  const moved: QueuedRow[] = [];
  const kept: QueuedRow[] = [];
  for (const row of rows) ((await log.quarantine(row)) ? moved : kept).push(row);
  if (moved.length > 0) log.finish(moved);
  const delivery = kept.length > 0 ? log.keepAll(kept, error) : { delivered: 0, lost: {}, error };
  return { ...delivery, quarantined: moved.length };
}

/** A transport that records on disk which rows are being sent: after a crash, these may have arrived. */
export function withSendLog(transport: RowTransport, log: SpoolLog): RowTransport {
  return {
    async send(batch, options) {
      const rows = log.beginSend(batch.rows);
      const adoptedElsewhere = batch.rows.length - rows.length;
      if (rows.length === 0) return { delivered: 0, lost: { taken_over: adoptedElsewhere } };
      try {
        const delivery = await transport.send(
          adoptedElsewhere === 0 ? batch : { ...batch, rows },
          options,
        );
        if (adoptedElsewhere === 0) return delivery;
        return { ...delivery, lost: { ...delivery.lost, taken_over: adoptedElsewhere } };
      } catch (error) {
        if (error instanceof SendError && !error.isAmbiguous) log.notArrived(rows);
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
