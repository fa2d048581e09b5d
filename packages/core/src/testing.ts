/** The entry point for tests of apps: keeps traces in memory instead of sending them. */

import './platform/load-platform.js';
import { registerCapture } from './api/captures.js';
import { existingTracer, setDefaultTracer } from './api/default-tracer.js';
import { assertOptions, ConfigError } from './config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from './config/tracer-options.js';
import { processWide } from './platform/process-wide.js';
import type { Batch, Delivery, Transport } from './publish/transport/user-transport.js';
import { createTracerCore, type TracerCore } from './tracer/tracer.js';
import { parseJson } from './values/json-text.js';
import type { WireConfig, WireRow } from './wire.js';

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

/** Capturing tracers that were restored, with the tracer before each. All copies of this package share them. */
const restored = processWide(
  'restored-captures.v1',
  () => new WeakMap<TracerCore, { readonly before: TracerCore | undefined }>(),
);

/** The tracer itself, unless it is a capturing one that was restored first: then the one before it. */
function stillInUse(tracer: TracerCore | undefined): TracerCore | undefined {
  let found = tracer;
  while (found !== undefined && restored.has(found)) found = restored.get(found)?.before;
  return found;
}

/** Traces that are captured instead of published, until `restore()`. */
export interface CapturedTraces extends Disposable {
  /** The rows of all traces that have begun since the last `clear()`, and have ended. Waits until they are written. */
  rows(): Promise<readonly WireRow[]>;
  /** Leaves out all traces that have begun so far, also of requests that are still open. */
  clear(): void;
  /** Restores the former process-wide tracer. `using` calls it at the end of the block. */
  restore(): void;
}

/**
 * Captures the traces of the process-wide tracer instead of publishing them, until `restore()` or the end of a `using` block: also
 * those of middleware whose options include some of a tracer, such as `redact`, but not those of a tracer from `createTracer()`.
 * Needs no API key and no network.
 * @param options of the capturing tracer
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const traces = captureTraces();
 * await request(app).post('/chat').send({ question: 'Why?' });
 * assert.equal((await traces.rows())[0]?.steps[0]?.steps[0]?.name, 'retrieve_context');
 * traces.restore();
 */
export function captureTraces(options: Omit<TracerOptions, 'transport'> = {}): CapturedTraces {
  const { transport: _own, ...known } = TRACER_OPTIONS;
  assertOptions(options, known, 'captureTraces');
  const before = existingTracer();
  const captured = new CapturedTracer(options);
  const tracer = setDefaultTracer(captured.tracer);
  const all = new Map<TracerOptions, CapturedTracer>([[options, captured]]);
  registerCapture(tracer, (own) => {
    const known = all.get(own);
    if (known !== undefined) return known.tracer;
    const made = new CapturedTracer({ ...withoutDestinations(own), ...options });
    all.set(own, made);
    return made.tracer;
  });
  const restore = () => {
    restored.set(tracer, { before });
    if (existingTracer() === tracer) setDefaultTracer(stillInUse(before));
    for (const each of all.values()) each.tracer.retire();
  };
  return {
    async rows() {
      const rows = await Promise.all([...all.values()].map((each) => each.rows()));
      return rows.flat().sort((a, b) => endOf(a) - endOf(b));
    },
    clear() {
      for (const each of all.values()) each.clear();
    },
    restore,
    [Symbol.dispose]: restore,
  };
}

/** A tracer whose rows go to memory. */
class CapturedTracer {
  readonly tracer: TracerCore;
  readonly #transport = memoryTransport();
  #cleared = 0;

  constructor(options: TracerOptions) {
    this.tracer = createTracerCore({ publish: true, ...options, transport: this.#transport });
  }

  async rows(): Promise<readonly WireRow[]> {
    await this.tracer.flush();
    return this.#transport.rows.slice(this.#cleared);
  }

  clear(): void {
    this.tracer.sampleOutUnqueued();
    // Rows that are queued now are sent before the rows of traces that end from now on: the count separates them.
    void this.tracer.flush();
    const { published, queued } = this.tracer.stats();
    this.#cleared = published + queued;
  }
}

/** Options that say whether, where and how long to publish. */
const DESTINATIONS: ReadonlySet<string> = new Set<keyof TracerOptions>([
  'apiKey',
  'inferencePipelineId',
  'baseUrl',
  'publish',
  'transport',
  'spool',
  'exports',
  'handleSignals',
]);

function withoutDestinations(options: TracerOptions): TracerOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !DESTINATIONS.has(name)));
}

/** Epoch milliseconds. Rows are sent in batches of the same columns, and not in the order in which their traces ended. */
function endOf(row: WireRow): number {
  return row.steps[0]?.endTime ?? 0;
}
