/** Records on disk which rows are being sent: after a crash, these may have arrived. */

import type { QueuedRow } from '../../publish/row/queued-row.js';
import type { RowTransport } from '../../publish/transport/row-transport.js';
import { SendError } from '../../publish/transport/send-error.js';

/** Where sends are recorded. */
export interface SendLog {
  /** Records that rows are about to be sent. @returns those that no other process has adopted */
  beginSend(rows: readonly QueuedRow[]): readonly QueuedRow[];
  /** Records that rows were sent and did not arrive. */
  recordNotArrived(rows: readonly QueuedRow[]): void;
}

/** A transport that records its sends. It does not send rows that another process has adopted. */
export function withSendLog(transport: RowTransport, log: SendLog): RowTransport {
  return {
    async send(batch, options) {
      const rows = log.beginSend(batch.rows);
      const adoptedByOther = batch.rows.length - rows.length;
      if (rows.length === 0) return { delivered: 0, lost: { taken_over: adoptedByOther } };
      try {
        const delivery = await transport.send(
          adoptedByOther === 0 ? batch : { ...batch, rows },
          options,
        );
        if (adoptedByOther === 0) return delivery;
        return { ...delivery, lost: { ...delivery.lost, taken_over: adoptedByOther } };
      } catch (error) {
        if (error instanceof SendError && !error.isAmbiguous) log.recordNotArrived(rows);
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
