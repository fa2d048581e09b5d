/** `memoryTransport()`: a transport for tests. */

import { ConfigError } from '../config/checks.js';
import type { Batch, Delivery, Transport } from '../publish/transport/user-transport.js';
import { parseJson } from '../values/json/json-text.js';
import type { WireConfig, WireRow } from '../wire.js';

/** A transport that keeps rows in memory. */
export interface MemoryTransport extends Transport {
  /** All rows so far, in order of arrival. */
  readonly rows: readonly WireRow[];
  /** The `config` of each batch so far. */
  readonly configs: readonly WireConfig[];
  /** Deletes all rows and configs. */
  clear(): void;
}

/**
 * Creates a transport that keeps rows in memory. A tracer with it needs no API key and no network.
 * @throws ConfigError if it is given any option
 *
 * @example
 * const transport = memoryTransport();
 * const tracer = createTracer({ transport });
 * tracer.startTrace('digest').end();
 * await tracer.flush();
 * assert.equal(transport.rows[0]?.steps[0]?.name, 'digest');
 */
export function memoryTransport(...options: readonly never[]): MemoryTransport {
  if (options.length > 0) throw new ConfigError('memoryTransport takes no options');
  const rows: WireRow[] = [];
  const configs: WireConfig[] = [];
  const decoder = new TextDecoder();
  return {
    rows,
    configs,
    async send(batch: Batch): Promise<Delivery> {
      // The texts are written by this library in the types that they are cast to.
      configs.push(parseJson(batch.layout) as WireConfig);
      for (const row of batch.rows) rows.push(parseJson(decoder.decode(row.bytes)) as WireRow);
      return { delivered: batch.rows.length, lost: {} };
    },
    close() {},
    clear() {
      rows.length = 0;
      configs.length = 0;
    },
  };
}
