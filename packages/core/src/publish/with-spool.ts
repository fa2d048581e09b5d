/** What is not delivered stays on disk, and is no longer a matter of memory. */

import type { QueuedRow } from './row.js';
import type { Spool } from './spool/spool.js';
import { isAboutRows, SendError, type Transport } from './transport.js';

/** A transport that fails only where a smaller batch might not. */
export function withSpool(transport: Transport, spool: Spool): Transport {
  return {
    async send(batch, options) {
      const { rows } = batch;
      try {
        const delivery = await transport.send(batch, options);
        spool.finish(rows);
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError) || !isAboutRows(error)) return spool.keepAll(rows, error);
        if (rows.length > 1) throw error;
        if (!spool.quarantine(rows[0] as QueuedRow)) return spool.keepAll(rows, error);
        spool.finish(rows);
        return { delivered: 0, lost: {}, quarantined: 1, error };
      }
    },
    close: () => transport.close(),
  };
}
