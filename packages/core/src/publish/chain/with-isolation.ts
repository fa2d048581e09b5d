/** Isolates the rows that make the platform refuse a batch, so that the others are delivered. */

import { failedDelivery } from '../counts/delivery.js';
import { isAboutRows, mayBePoisoned } from '../transport/poison-rows.js';
import type { RowBatch, RowDelivery, RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import type { SendOptions } from '../transport/user-transport.js';

/** A transport that sends the halves of a refused batch, down to single rows. */
export function withIsolation(transport: RowTransport): RowTransport {
  async function send(batch: RowBatch, options: SendOptions): Promise<RowDelivery> {
    try {
      return await transport.send(batch, options);
    } catch (error) {
      if (!(error instanceof SendError) || !isAboutRows(error, batch.rows.length)) throw error;
      if (batch.rows.length === 1) return failedDelivery(error, 1);
      const middle = batch.rows.length >> 1;
      const first = await sendHalf(batch, 0, middle, options);
      const second = await sendHalf(batch, middle, batch.rows.length, options);
      return sum(first, second);
    }
  }

  /** Sends one half. Never throws, so that the other half is sent too. */
  async function sendHalf(
    batch: RowBatch,
    from: number,
    to: number,
    options: SendOptions,
  ): Promise<RowDelivery> {
    const rows = batch.rows.slice(from, to);
    try {
      return await send({ layout: batch.layout, rows }, options);
    } catch (error) {
      return failedDelivery(error, rows.length);
    }
  }

  return { send, close: () => transport.close() };
}

function sum(first: RowDelivery, second: RowDelivery): RowDelivery {
  const lost: Record<string, number> = { ...first.lost };
  for (const [reason, count] of Object.entries(second.lost))
    lost[reason] = (lost[reason] ?? 0) + count;
  // An error that is not about rows says more: what is sent next may fail for it too.
  const errors = [first.error, second.error].filter((each) => each !== undefined);
  const error = errors.find((each) => !mayBePoisoned(each)) ?? errors[0];
  return {
    delivered: first.delivered + second.delivered,
    lost,
    spooled: (first.spooled ?? 0) + (second.spooled ?? 0),
    held: (first.held ?? 0) + (second.held ?? 0),
    quarantined: (first.quarantined ?? 0) + (second.quarantined ?? 0),
    error,
  };
}
