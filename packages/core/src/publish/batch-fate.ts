/** What became of a batch: each of its rows is counted, and whoever cares is told. */

import { publishRows } from '#platform';
import type { Diagnostics } from '../diagnostics.js';
import type { Ledger } from './ledger.js';
import type { QueuedRow } from './row.js';
import type { Delivery } from './transport.js';

/** @throws TypeError where a transport does not account for each row */
export function checked(delivery: Delivery, total: number): Delivery {
  let sum = 0;
  const { delivered, spooled = 0, held = 0, quarantined = 0, lost } = delivery;
  for (const count of [delivered, spooled, held, quarantined, ...Object.values(lost)]) {
    sum += count >= 0 ? count : Number.NaN;
  }
  if (sum === total) return delivery;
  throw new TypeError(`the transport was given ${total} rows, but accounts for ${sum}`);
}

/** The same of a publisher that ends: what was given up was so for that reason. */
export function shutDown(fate: Delivery): Delivery {
  const { given_up: givenUp, ...lost } = fate.lost;
  if (givenUp === undefined) return fate;
  return { ...fate, lost: { ...lost, shut_down: (lost.shut_down ?? 0) + givenUp } };
}

/** Counts rows of the queue where they are by now. */
export function account(
  rows: readonly QueuedRow[],
  fate: Delivery,
  ledger: Ledger,
  diagnostics: Diagnostics,
): void {
  const { delivered, spooled = 0, quarantined = 0, held = 0 } = fate;
  const lost = Object.entries(fate.lost);
  // All counts have changed before anybody is told of one.
  ledger.published += delivered;
  ledger.spooled += spooled;
  ledger.quarantined += quarantined;
  // What only memory has counts on; its bytes are counted where it lies.
  ledger.queued -= rows.length - held;
  for (const row of rows) ledger.queuedBytes -= row.bytes.byteLength;
  for (const [reason, count] of lost) ledger.drop(reason, count);
  publishRows({ published: delivered, spooled, quarantined, dropped: fate.lost });
  for (const [reason, count] of lost) {
    const message = `${rowsOf(count)} could not be published and ${areOf(count)} lost`;
    diagnostics.report('error', `lost_${reason}`, message, fate.error);
  }
  if (spooled > 0) {
    const message = `${rowsOf(spooled)} could not be published; on disk, to be sent again`;
    diagnostics.report('warn', 'publish_spooled', message, fate.error);
  }
  if (quarantined > 0) {
    const message = `${rowsOf(quarantined)} ${areOf(quarantined)} refused by the platform, and set aside on disk`;
    diagnostics.report('error', 'quarantined', message, fate.error);
  }
}

function rowsOf(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function areOf(count: number): string {
  return count === 1 ? 'is' : 'are';
}
