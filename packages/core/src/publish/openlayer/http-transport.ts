/** Sends a batch by one data-stream call. */

import { allocate } from '#platform';
import {
  MAX_IN_FLIGHT,
  type RowBatch,
  type RowDelivery,
  type RowTransport,
} from '../transport/row-transport.js';
import type { SendOptions } from '../transport/user-transport.js';
import type { OpenlayerApi } from './openlayer-api.js';

const COMMA = 44;
/** `]}` */
const END = Uint8Array.of(93, 125);

/** A transport over the REST API, without retries. */
export function httpTransport(api: OpenlayerApi): RowTransport {
  const buffers = new BufferPool();
  return {
    async send(batch: RowBatch, options: SendOptions): Promise<RowDelivery> {
      const start = new TextEncoder().encode(`{"config":${batch.layout},"rows":[`);
      const buffer = buffers.bufferFor(sizeOf(batch, start));
      const body = buffer.subarray(0, write(batch, start, buffer));
      const onBodySent = () => buffers.release(buffer);
      await api.call({ method: 'POST', path: 'data-stream', body, onBodySent, ...options });
      return { delivered: batch.rows.length, lost: {} };
    },
    close() {
      api.close();
    },
  };
}

function sizeOf({ rows }: RowBatch, start: Uint8Array): number {
  let size = start.byteLength + END.byteLength + rows.length - 1;
  for (const row of rows) size += row.byteLength;
  return size;
}

/** Writes `{"config":…,"rows":[…]}`. @returns the number of bytes written */
function write({ rows }: RowBatch, start: Uint8Array, target: Uint8Array): number {
  target.set(start);
  let position = start.byteLength;
  for (const row of rows) {
    if (position > start.byteLength) target[position++] = COMMA;
    row.writeTo(target, position);
    position += row.byteLength;
  }
  target.set(END, position);
  return position + END.byteLength;
}

const MIN_BYTES = 64 * 1024;
/** Larger buffers are rare and not kept. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Reuses the buffers of request bodies, one for each batch in flight, since allocating them anew would cause full garbage
 * collections.
 */
class BufferPool {
  readonly #buffers: Uint8Array[] = [];

  /** @returns a buffer of `allocate` of at least `size` bytes, with any content */
  bufferFor(size: number): Uint8Array {
    const index = this.#buffers.findIndex((each) => each.byteLength >= size);
    const found = index < 0 ? undefined : this.#buffers.splice(index, 1)[0];
    return found ?? allocate(capacityFor(size));
  }

  /** Takes a buffer back that is no longer read. */
  release(buffer: Uint8Array): void {
    if (buffer.byteLength > MAX_BYTES) return;
    // The newest buffers have the size of current batches.
    if (this.#buffers.length === MAX_IN_FLIGHT) this.#buffers.shift();
    this.#buffers.push(buffer);
  }
}

/** The next power of two, so that the next batch probably fits as well. */
function capacityFor(size: number): number {
  let capacity = MIN_BYTES;
  while (capacity < size) capacity *= 2;
  return capacity > MAX_BYTES ? size : capacity;
}
