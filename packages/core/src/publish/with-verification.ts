/** Asks the platform for rows of which it is not known whether they arrived, before they are sent again. */

import type { QueuedRow } from './row.js';
import { SendError, type SendOptions, type Transport } from './transport.js';

/** @returns whether the platform has the row. @throws SendError where it does not say */
export type Lookup = (inferenceId: string, options: SendOptions) => Promise<boolean>;

/** Questions under way at a time. */
const MAX_IN_FLIGHT = 2;

export function withVerification(transport: Transport, has: Lookup): Transport {
  return {
    async send(batch, options) {
      const isUnsure = batch.rows.some(({ arrival }) => arrival !== undefined);
      const rows = isUnsure ? await missing(batch.rows, options) : batch.rows;
      const found = batch.rows.length - rows.length;
      if (rows.length === 0) return { delivered: found, lost: {} };
      try {
        const delivery = await transport.send(found === 0 ? batch : { ...batch, rows }, options);
        return { ...delivery, delivered: delivery.delivered + found };
      } catch (error) {
        const isAmbiguous = !(error instanceof SendError) || error.isAmbiguous;
        for (const row of rows) row.arrival = isAmbiguous ? 'unknown' : undefined;
        throw error;
      }
    },
    close: () => transport.close(),
  };

  async function missing(
    rows: readonly QueuedRow[],
    options: SendOptions,
  ): Promise<readonly QueuedRow[]> {
    const unsure = rows.filter(({ arrival }) => arrival === 'unknown');
    let next = 0;
    const ask = async () => {
      while (next < unsure.length) {
        const row = unsure[next++] as QueuedRow;
        row.arrival = (await has(row.inferenceId, options)) ? 'arrived' : undefined;
      }
    };
    await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, ask));
    return rows.filter(({ arrival }) => arrival !== 'arrived');
  }
}
