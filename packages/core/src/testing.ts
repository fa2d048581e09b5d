/** The door for users' tests: traces in memory instead of on the platform. */

import './load-platform.js';
import { assertKnown, assertObject, ConfigError } from './config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from './config/tracer-options.js';
import { existingTracer, setDefaultTracer } from './default-tracer.js';
import type { Batch, Delivery, Transport } from './publish/user-transport.js';
import { parseJson } from './trace/json-text.js';
import { createTracerCore } from './tracer.js';
import type { WireConfig, WireRow } from './wire.js';

/** A transport that keeps what it is sent. */
export interface MemoryTransport extends Transport {
  /** Every row so far, in order of arrival. */
  readonly rows: readonly WireRow[];
  /** The `config` of every call so far. */
  readonly configs: readonly WireConfig[];
  /** Forgets all rows. */
  clear(): void;
}

/**
 * A transport that keeps rows in memory. A tracer with it needs neither key nor network.
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
      // What is sent is our own text in the platform's shape.
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

/** Traces that are captured instead of published, until they are restored. */
export interface CapturedTraces extends Disposable {
  /** The rows of all traces that have ended so far. */
  rows(): Promise<readonly WireRow[]>;
  /** Forgets all traces that have ended so far. */
  clear(): void;
  /** Puts the former process-wide tracer back; `using` does so at the end of its block. */
  restore(): void;
}

/**
 * Captures what the process-wide tracer would publish, until `restore()` or the end of the block of a `using`. Needs
 * neither key nor network.
 *
 * @example
 * const traces = captureTraces();
 * await request(app).post('/chat').send({ question: 'Why?' });
 * assert.equal((await traces.rows())[0]?.steps[0]?.steps[0]?.name, 'retrieve_context');
 * traces.restore();
 */
export function captureTraces(options: Omit<TracerOptions, 'transport'> = {}): CapturedTraces {
  assertObject(options, 'options');
  assertKnown(
    options,
    TRACER_OPTIONS.filter((name) => name !== 'transport'),
    '',
  );
  const before = existingTracer();
  const transport = memoryTransport();
  // The one before it comes back.
  const tracer = setDefaultTracer(createTracerCore({ publish: true, ...options, transport }));
  let cleared = 0;
  const restore = () => {
    if (existingTracer() === tracer) setDefaultTracer(before);
  };
  return {
    async rows() {
      await tracer.flush();
      return transport.rows.slice(cleared);
    },
    clear() {
      // What waits is sent before anything that ends from now on, so that it can be told apart.
      void tracer.flush();
      const { published, queued } = tracer.stats();
      cleared = published + queued;
    },
    restore,
    [Symbol.dispose]: restore,
  };
}
