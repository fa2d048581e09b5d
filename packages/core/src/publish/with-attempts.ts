/** Writes down what is being sent, so that whoever comes after us knows what may have arrived. */

import type { Spool } from './spool/spool.js';
import { SendError, type Transport } from './transport.js';

export function withAttempts(transport: Transport, spool: Spool): Transport {
  return {
    async send(batch, options) {
      const rows = spool.sending(batch.rows);
      const takenOver = batch.rows.length - rows.length;
      if (rows.length === 0) return { delivered: 0, lost: { taken_over: takenOver } };
      try {
        const delivery = await transport.send(
          takenOver === 0 ? batch : { ...batch, rows },
          options,
        );
        if (takenOver === 0) return delivery;
        return { ...delivery, lost: { ...delivery.lost, taken_over: takenOver } };
      } catch (error) {
        if (error instanceof SendError && !error.isAmbiguous) spool.notArrived(rows);
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
