/** Delivers a batch by one data-stream call. */

import type { OpenlayerApi } from './openlayer-api.js';
import { ReusedMemory } from './reused-memory.js';
import type { Batch, Delivery, SendOptions, Transport } from './transport.js';

const COMMA = 44;
/** `]}` */
const END = Uint8Array.of(93, 125);

/** A transport over the REST API: one try, and an error that says what happened. */
export function httpTransport(api: OpenlayerApi): Transport {
  const memory = new ReusedMemory();
  return {
    async send(batch: Batch, options: SendOptions): Promise<Delivery> {
      const body = bodyOf(batch, memory);
      const onBodySent = () => memory.give(body);
      await api.call({ method: 'POST', path: 'data-stream', body, onBodySent, ...options });
      return { delivered: batch.rows.length, lost: {} };
    },
    close() {
      api.close();
    },
  };
}

/** `{"config":…,"rows":[…]}` from the bytes that the rows already are. */
function bodyOf(batch: Batch, memory: ReusedMemory): Uint8Array {
  const start = new TextEncoder().encode(`{"config":${batch.layout},"rows":[`);
  let size = start.byteLength + END.byteLength + batch.rows.length - 1;
  for (const row of batch.rows) size += row.bytes.byteLength;
  const body = memory.bytesFor(size);
  body.set(start);
  let position = start.byteLength;
  for (const row of batch.rows) {
    if (position > start.byteLength) body[position++] = COMMA;
    body.set(row.bytes, position);
    position += row.bytes.byteLength;
  }
  body.set(END, position);
  return body;
}
