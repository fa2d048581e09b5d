/** Finds the row that makes the platform refuse a batch, so that the others arrive. */

import {
  type Batch,
  type Delivery,
  isAboutRows,
  SendError,
  type SendOptions,
  type Transport,
} from './transport.js';

/** A transport that halves a refused batch until the refused rows stand alone. */
export function withIsolation(transport: Transport): Transport {
  async function send(batch: Batch, options: SendOptions): Promise<Delivery> {
    try {
      return await transport.send(batch, options);
    } catch (error) {
      if (!(error instanceof SendError) || !isAboutRows(error)) throw error;
      if (batch.rows.length === 1) return { delivered: 0, lost: { [error.code]: 1 }, error };
      const middle = batch.rows.length >> 1;
      const first = await half(batch, 0, middle, options);
      const second = await half(batch, middle, batch.rows.length, options);
      return sum(first, second);
    }
  }

  /** The fate of one half must not decide that of the other. */
  async function half(
    batch: Batch,
    from: number,
    to: number,
    options: SendOptions,
  ): Promise<Delivery> {
    const rows = batch.rows.slice(from, to);
    try {
      return await send({ layout: batch.layout, rows }, options);
    } catch (error) {
      const code = error instanceof SendError ? error.code : 'internal_error';
      return { delivered: 0, lost: { [code]: rows.length }, error };
    }
  }

  return { send, close: () => transport.close() };
}

function sum(first: Delivery, second: Delivery): Delivery {
  const lost: Record<string, number> = { ...first.lost };
  for (const [reason, count] of Object.entries(second.lost))
    lost[reason] = (lost[reason] ?? 0) + count;
  const error = first.error ?? second.error;
  return {
    delivered: first.delivered + second.delivered,
    lost,
    spooled: (first.spooled ?? 0) + (second.spooled ?? 0),
    held: (first.held ?? 0) + (second.held ?? 0),
    quarantined: (first.quarantined ?? 0) + (second.quarantined ?? 0),
    error,
  };
}
