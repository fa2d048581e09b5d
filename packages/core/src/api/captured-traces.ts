/** `captureTraces()`: keeps the traces of a test in memory instead of sending them. */

import { assertOptions } from '../config/checks.js';
import { resolveConfig } from '../config/config.js';
import { TRACER_OPTIONS, type TracerOptions } from '../config/tracer-options.js';
import { processWide } from '../platform/process-wide.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { TracerCore } from '../tracer/tracer.js';
import type { WireRow } from '../wire.js';
import { registerCapture } from './captures.js';
import { existingTracer, keepOrigin, optionsOf, setDefaultTracer } from './default-tracer.js';
import { memoryTransport } from './memory-transport.js';

/** Traces that are captured instead of published, until `restore()`. */
export interface CapturedTraces extends Disposable {
  /**
   * The rows of all traces that have begun since the last `clear()`, and have ended, in the order of their ends. Waits until they are
   * written.
   */
  rows(): Promise<readonly WireRow[]>;
  /** Leaves out all traces that have begun so far, also of requests that are still open. */
  clear(): void;
  /** Restores the former process-wide tracer. `using` calls it at the end of the block. */
  restore(): void;
}

/**
 * Captures the traces of the process-wide tracer instead of publishing them, until `restore()` or the end of a `using` block.
 * Traces of middleware that has tracer options of its own, such as `redact`, are captured too. Traces of a tracer from
 * `createTracer()` are not. Needs no API key and no network. The options of an earlier `configure()` apply, except for those that
 * say where traces go. A later `configure()` ends the capture.
 * @param options of the capturing tracer, which win over those of `configure()`
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
  let ended = 0;
  const countEnded = () => ended++;
  const settings = { ...withoutDestinations(optionsOf(before)), ...options };
  const captured = new Captured(settings, countEnded);
  const { tracer } = captured;
  keepOrigin(tracer, { functionName: 'captureTraces', options: settings });
  setDefaultTracer(tracer);
  const all = new Map<TracerOptions, Captured>([[options, captured]]);
  registerCapture(tracer, (own) => {
    const known = all.get(own);
    if (known !== undefined) return known.tracer;
    const made = new Captured({ ...withoutDestinations(own), ...options }, countEnded);
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
      return rows
        .flat()
        .sort((a, b) => a.place - b.place)
        .map(({ row }) => row);
    },
    clear() {
      for (const each of all.values()) each.clear();
    },
    restore,
    [Symbol.dispose]: restore,
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

interface CapturedRow {
  readonly row: WireRow;
  /** In the order in which the traces of all tracers ended. */
  readonly place: number;
}

/** The rows of one tracer, in memory. */
class Captured {
  readonly tracer: TracerCore;
  readonly #transport = memoryTransport();
  /** The place of each trace. Rows are sent in batches of the same columns, and not in the order in which their traces ended. */
  readonly #places = new Map<RecordedTrace, number>();
  #cleared = 0;

  /** @param nextPlace called when a trace ends */
  constructor(options: TracerOptions, nextPlace: () => number) {
    this.tracer = new CapturingTracer(
      { publish: true, ...options, transport: this.#transport },
      (trace) => this.#places.set(trace, nextPlace()),
    );
  }

  async rows(): Promise<readonly CapturedRow[]> {
    await this.tracer.flush();
    const places = new Map<string, number>();
    for (const [trace, place] of this.#places) places.set(trace.inferenceId, place);
    const rows = this.#transport.rows.slice(this.#cleared);
    return rows.map((row) => ({ row, place: places.get(row.inferenceId) ?? 0 }));
  }

  clear(): void {
    this.tracer.sampleOutUnqueued();
    // Rows that are queued now are sent before the rows of traces that end from now on: the count separates them.
    void this.tracer.flush();
    const { published, queued } = this.tracer.stats();
    this.#cleared = published + queued;
    this.#places.clear();
  }
}

/** A tracer that calls `onEnd` for each trace that ends. */
class CapturingTracer extends TracerCore {
  readonly #onEnd: (trace: RecordedTrace) => void;

  constructor(options: TracerOptions, onEnd: (trace: RecordedTrace) => void) {
    super(resolveConfig(options));
    this.#onEnd = onEnd;
  }

  override takeEnded(trace: RecordedTrace): void {
    this.#onEnd(trace);
    super.takeEnded(trace);
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
