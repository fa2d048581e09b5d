/** Checks, counts and reports what became of the rows of a batch. */

import { publishRows } from '#platform';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowDelivery } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import type { Ledger } from './ledger.js';

/**
 * The delivery itself, once its numbers add up.
 * @param total rows of the batch
 * @throws TypeError where a transport does not account for each row
 */
export function checkedDelivery(delivery: RowDelivery, total: number): RowDelivery {
  let sum = 0;
  const { delivered, spooled = 0, held = 0, quarantined = 0, lost } = delivery;
  for (const count of [delivered, spooled, held, quarantined, ...Object.values(lost)]) {
    sum += count >= 0 ? count : Number.NaN;
  }
  if (sum === total) return delivery;
  throw new TypeError(`the transport was given ${total} rows, but its counts add up to ${sum}`);
}

/** The delivery of a batch of which no row was delivered, because of the error. */
export function failedDelivery(error: unknown, total: number): RowDelivery {
  const code = error instanceof SendError ? error.code : 'internal_error';
  return { delivered: 0, lost: { [code]: total }, error };
}

/** The delivery of a publisher that is shutting down: rows whose send was aborted, `given_up`, count as `shut_down`. */
export function shutDownDelivery(delivery: RowDelivery): RowDelivery {
  const { given_up: givenUp, ...lost } = delivery.lost;
  if (givenUp === undefined) return delivery;
  return { ...delivery, lost: { ...lost, shut_down: (lost.shut_down ?? 0) + givenUp } };
}

/**
 * Moves rows in the ledger to where they are now, and publishes the counts to subscribers of the channel of rows.
 * @param from where the ledger counted them before
 */
export function countDelivery(
  ledger: Ledger,
  from: 'queued' | 'spooled',
  rows: readonly QueuedRow[],
  delivery: RowDelivery,
): void {
  ledger.move(from, rows, delivery);
  const { delivered, spooled = 0, quarantined = 0, lost } = delivery;
  publishRows({ published: delivered, spooled, quarantined, dropped: lost });
}

/** Reports the rows that were not delivered: lost, spooled or quarantined. */
export function reportUndelivered(
  { spooled = 0, quarantined = 0, lost, error }: RowDelivery,
  diagnostics: Diagnostics,
): void {
  for (const [reason, count] of Object.entries(lost)) {
    const message = `${rowsOf(count)} could not be published and ${areOf(count)} lost`;
    diagnostics.report('error', `lost_${reason}`, message, error);
  }
  if (spooled > 0) {
    const message = `${rowsOf(spooled)} could not be published; on disk, to be sent again`;
    diagnostics.report('warn', 'publish_spooled', message, error);
  }
  if (quarantined > 0) {
    const message = `${rowsOf(quarantined)} ${areOf(quarantined)} refused by the platform, and quarantined on disk`;
    diagnostics.report('error', 'quarantined', message, error);
  }
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function areOf(count: number): string {
  return count === 1 ? 'is' : 'are';
}
