/** Asks the platform for rows of which it is not known whether they arrived, before they are sent again. */

import { monotonicMs } from '../trace/clock.js';
import { delay } from './delay.js';
import type { QueuedRow } from './row.js';
import { SendError, type SendOptions, type Transport } from './transport.js';

/** @returns whether the platform has the row. @throws SendError where it does not say */
export type Lookup = (inferenceId: string, options: SendOptions) => Promise<boolean>;

export interface VerificationTools {
  /** Least time between two questions, in milliseconds: a platform that has just recovered is asked by many at once. */
  readonly paceMs: number;
  /** Of some rows, those that another process may have sent. */
  readonly doubtful: (rows: readonly QueuedRow[]) => readonly QueuedRow[];
}

export function withVerification(
  transport: Transport,
  has: Lookup,
  { paceMs, doubtful }: VerificationTools,
): Transport {
  let notBefore = 0;

  return {
    async send(batch, options) {
      for (const row of doubtful(batch.rows)) row.arrival ??= 'unknown';
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
    for (const row of rows) {
      if (row.arrival !== 'unknown') continue;
      const now = monotonicMs();
      const at = Math.max(now, notBefore);
      notBefore = at + paceMs;
      if (at > now) await delay(at - now, options.signal);
      row.arrival = (await has(row.inferenceId, options)) ? 'arrived' : undefined;
    }
    return rows.filter(({ arrival }) => arrival !== 'arrived');
  }
}
