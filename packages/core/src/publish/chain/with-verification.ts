/** Looks up rows whose arrival is unknown before they are sent again. */

import { monotonicMs } from '../../platform/clock.js';
import { delay } from '../../platform/timers.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import type { SendOptions } from '../transport/user-transport.js';

/** Whether the platform has the row. Throws a SendError if the response leaves that open. */
export type Lookup = (inferenceId: string, options: SendOptions) => Promise<boolean>;

export interface VerificationOptions {
  /** Least time between two lookups, in milliseconds, to spare a platform that has just recovered. */
  readonly paceMs: number;
  /** Returns the rows that another process may have sent. */
  readonly rowsThatMayHaveArrived: (rows: readonly QueuedRow[]) => readonly QueuedRow[];
}

/** How long the result of a lookup is valid for a row that another process may send. */
const LOOKUP_HOLDS_MS = 10_000;

/** A transport that does not send rows that the platform already has. It counts them as delivered. */
export function withVerification(
  transport: RowTransport,
  lookUp: Lookup,
  { paceMs, rowsThatMayHaveArrived }: VerificationOptions,
): RowTransport {
  let notBefore = 0;
  /** When rows were looked up, so that the parts of a batch that is sent in halves are not looked up again each time. */
  const lookedUpAt = new WeakMap<QueuedRow, number>();

  return {
    async send(batch, options) {
      for (const row of rowsThatMayHaveArrived(batch.rows)) {
        const ageMs = monotonicMs() - (lookedUpAt.get(row) ?? Number.NEGATIVE_INFINITY);
        if (!row.mayHaveArrived && ageMs > LOOKUP_HOLDS_MS) row.setArrival('unknown');
      }
      const mayHaveArrived = batch.rows.some((row) => row.mayHaveArrived);
      const rows = mayHaveArrived ? await missing(batch.rows, options) : batch.rows;
      const arrivedRows = batch.rows.length - rows.length;
      if (rows.length === 0) return { delivered: arrivedRows, lost: {} };
      try {
        const delivery = await transport.send(
          arrivedRows === 0 ? batch : { ...batch, rows },
          options,
        );
        return { ...delivery, delivered: delivery.delivered + arrivedRows };
      } catch (error) {
        const mayHaveArrived = !(error instanceof SendError) || error.isAmbiguous;
        for (const row of rows) row.setArrival(mayHaveArrived ? 'unknown' : 'not_arrived');
        throw error;
      }
    },
    close: () => transport.close(),
  };

  /** Looks up the rows whose arrival is unknown. @returns the rows that the platform does not have */
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
      const lookedUp = monotonicMs();
      row.setArrival((await lookUp(row.inferenceId, options)) ? 'arrived' : 'not_arrived');
      lookedUpAt.set(row, lookedUp);
    }
    return rows.filter(({ arrival }) => arrival !== 'arrived');
  }
}
