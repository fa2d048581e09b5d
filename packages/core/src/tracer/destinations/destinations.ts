/** The destinations of the rows of one tracer: the platform and the exports. */

import type { Config } from '../../config/config.js';
import { whyPlatformIsMissing } from '../../config/publishing-state.js';
import { withWarnings } from '../../publish/chain/with-warnings.js';
import type { SendTimes } from '../../publish/counts/send-times.js';
import { httpTransport } from '../../publish/openlayer/http-transport.js';
import type { OpenlayerApi } from '../../publish/openlayer/openlayer-api.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import type { DropReason } from '../../publish/transport/drop-reason.js';
import type { TraceExport } from '../../publish/transport/trace-export.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { DestinationStats, TracerStats } from '../api/tracer-api.js';
import { Destination, type ReplayState, type SharedDestinationOptions } from './destination.js';

export interface DestinationsOptions extends SharedDestinationOptions {
  /** Whether traces are recorded at all. */
  readonly isEnabled: boolean;
  /** The API of the platform. */
  readonly api: OpenlayerApi;
}

export class Destinations {
  /** Writes the row of a trace before the last bytes of its response are sent; undefined unless a spool writes ahead. */
  readonly writeAhead: ((trace: RecordedTrace) => void) | undefined;
  readonly #options: DestinationsOptions;
  readonly #key: string;
  /** The platform; without settings for it the first export. */
  readonly #primary: Destination;
  readonly #exports: ReadonlyMap<string, Destination>;
  /** Each destination once, the primary one first. */
  readonly #all: readonly Destination[];

  constructor(config: Config, options: DestinationsOptions) {
    this.#options = options;
    this.#key = config.apiKey ?? '';
    const exported = options.isEnabled ? config.exports.filter(({ isOff }) => isOff !== true) : [];
    this.#exports = new Map(
      exported.map((each) => [each.name, exportDestination(config, each, options)]),
    );
    const [firstExport] = this.#exports.values();
    const isPlatformMissing =
      firstExport !== undefined && whyPlatformIsMissing(config) !== undefined;
    this.#primary = isPlatformMissing ? firstExport : platformDestination(config, options);
    this.#all = [...new Set([this.#primary, ...this.#exports.values()])];
    const ahead = this.#all.flatMap(({ writeAhead }) => writeAhead ?? []);
    const [only] = ahead;
    this.writeAhead =
      ahead.length > 1
        ? (trace) => {
            for (const write of ahead) write(trace);
          }
        : only;
  }

  /** Records that a trace has started. */
  recordStart(trace: RecordedTrace): void {
    // Other backends find a trace by its W3C trace id. Without exports, it is made when the app reads it.
    if (this.#exports.size > 0) trace.ensureIds();
    for (const each of this.#all) each.recordStart(trace);
  }

  /** Records what is known of a trace that is open for long. Never throws. */
  recordProgress(trace: RecordedTrace): void {
    try {
      for (const each of this.#all) each.recordProgress(trace);
    } catch (error) {
      trace.reportFailure('spool', error);
    }
  }

  /** Queues the row of an ended trace. */
  queue(trace: RecordedTrace): void {
    for (const each of this.#all) {
      try {
        each.queue(trace);
      } catch (error) {
        dropFailed(each, trace, error);
      }
    }
  }

  /**
   * Sends the row of an ended trace at once, while the runtime keeps its request alive.
   * @returns a promise that resolves when every destination has delivered or dropped the row, or keeps it on disk
   */
  async sendNow(trace: RecordedTrace): Promise<void> {
    const sends = this.#all.map((each) => {
      try {
        return each.sendNow(trace);
      } catch (error) {
        dropFailed(each, trace, error);
        return undefined;
      }
    });
    await Promise.all(sends);
  }

  /** Counts traces that no destination gets. */
  drop(reason: DropReason, count: number): void {
    for (const { ledger } of this.#all) ledger.drop(reason, count);
  }

  /** Whether a process that is about to exit may be kept alive for rows. */
  get mayDelayExit(): boolean {
    return this.#all.every(({ mayDelayExit }) => mayDelayExit);
  }

  /** Removes an ended trace that is not published. */
  discard(trace: RecordedTrace): void {
    for (const each of this.#all) each.discard(trace);
  }

  flush(deadlineMs: number): Promise<void> {
    return this.#callAll('flush', (each) => each.flush(deadlineMs));
  }

  /** Sends the row with this id to the platform, if it is queued. Resolves when it is delivered, dropped or kept on disk. */
  flushRow(inferenceId: string, deadlineMs: number): Promise<void> {
    return this.#primary.flushRow(inferenceId, deadlineMs);
  }

  /** Whether no destination has rows left, queued or on disk. */
  get isDelivered(): boolean {
    return this.#all.every((each) => each.isDelivered);
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#callAll('shutdown', (each) => each.shutdown(deadlineMs));
  }

  /** Never rejects: where one destination fails, the others go on. */
  async #callAll(what: string, call: (each: Destination) => Promise<void>): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const each of this.#all) calls.push(this.#callOne(what, each, call));
    for (const each of calls) await each;
  }

  async #callOne(
    what: string,
    destination: Destination,
    call: (destination: Destination) => Promise<void>,
  ): Promise<void> {
    try {
      await call(destination);
    } catch (error) {
      this.#options.diagnostics.reportFailure(what, error);
    }
  }

  /** Releases the spool files, so that other processes may adopt them and send their rows. While a replay goes on, keeps them. */
  release(): void {
    for (const each of this.#all) each.release();
  }

  /** Stops scanning for rows of dead processes. */
  retire(): void {
    for (const each of this.#all) each.retire();
  }

  /** Keeps queued rows on disk at the exit of the process. @returns a function that removes the registrations */
  keepRowsAtExit(): () => void {
    const unregister = this.#all.map((each) => each.keepRowsAtExit());
    return () => {
      for (const each of unregister) each();
    };
  }

  /** Uses the key of another tracer for the same pipeline, if the platform refuses the own one. */
  useKeyOf(other: Destinations): void {
    if (!this.#primary.isRefused || other.#primary.address !== this.#primary.address) return;
    this.#options.api.useKey(other.#key);
    this.#primary.retryNow();
  }

  /** Keeps a row that another library could not deliver, to send it to the platform. @returns whether it is on disk */
  importRow(row: QueuedRow): boolean {
    return this.#primary.importRow(row);
  }

  get spoolFolder(): string | undefined {
    return this.#primary.spoolFolder;
  }

  /** Progress of sending rows from disk to the platform. */
  get replayState(): ReplayState {
    return this.#primary.replayState;
  }

  /** Durations of deliveries to the platform. */
  get times(): SendTimes {
    return this.#primary.times;
  }

  /** The part of the stats that counts rows. */
  stats(): DestinationStats & Pick<TracerStats, 'exports'> {
    if (this.#exports.size === 0) return this.#primary.stats();
    const exports: Record<string, DestinationStats> = {};
    for (const [name, each] of this.#exports) exports[name] = each.stats();
    return { ...this.#primary.stats(), exports };
  }
}

/** Counts a trace whose row could not be made, so that the other destinations get theirs. */
function dropFailed({ ledger }: Destination, trace: RecordedTrace, error: unknown): void {
  ledger.drop('internal_error', 1);
  trace.reportFailure('queue', error);
}

/** The destination of the platform: the API, or a transport of the app's own. */
function platformDestination(config: Config, options: DestinationsOptions): Destination {
  const { baseUrl = '', inferencePipelineId = '', transport, batch, retry, spool } = config;
  const { api } = options;
  const isOwn = transport !== undefined;
  return new Destination(
    {
      address: `${baseUrl}\n${inferencePipelineId}`,
      sender: transport ?? httpTransport(api),
      retriesSends: !isOwn,
      lookup: isOwn ? undefined : (id, options) => api.hasRow(id, options),
      batch,
      retry,
      spool: options.isEnabled ? spool : undefined,
    },
    options,
  );
}

function exportDestination(
  { batch, retry, spool }: Config,
  { address, transport }: TraceExport,
  options: DestinationsOptions,
): Destination {
  return new Destination(
    {
      address: `export\n${address}`,
      sender: withWarnings(transport, options.diagnostics),
      retriesSends: true,
      lookup: undefined,
      batch,
      retry,
      spool,
    },
    options,
  );
}
