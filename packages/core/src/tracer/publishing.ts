/** Creates and connects everything that publishes rows: spool, transports, publisher, replay, row updates. */

import { httpClient, timersLast } from '#platform';
import { openSpool } from '#spool';
import { isOnThisMachine } from '../config/base-url.js';
import { type Config, whyNotUpdated } from '../config/config.js';
import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { paceOf } from '../publish/backoff.js';
import { httpTransport } from '../publish/http-transport.js';
import { Ledger } from '../publish/ledger.js';
import { OpenlayerApi } from '../publish/openlayer-api.js';
import { Publisher, type RowPublisher } from '../publish/publisher.js';
import type { QueuedRow } from '../publish/queued-row.js';
import { RequestPublisher } from '../publish/request-publisher.js';
import { rowOf } from '../publish/row.js';
import { SendTimes } from '../publish/send-times.js';
import type { ReplayHandle, Spool } from '../publish/spool.js';
import { statsHeader } from '../publish/stats-header.js';
import type { RowTransport } from '../publish/transport.js';
import { type Breaker, withBreaker } from '../publish/with-breaker.js';
import { withIsolation } from '../publish/with-isolation.js';
import { withRetry } from '../publish/with-retry.js';
import { withTrimming } from '../publish/with-trimming.js';
import { type Lookup, withVerification } from '../publish/with-verification.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { Redactor } from '../values/redact.js';
import { RowUpdater } from './row-updater.js';
import type { TracerStats } from './tracer-api.js';

export interface PublishingTools {
  /** Whether traces are recorded at all. */
  readonly isEnabled: boolean;
  readonly diagnostics: Diagnostics;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
  /** Called at the exit of the process: ends and queues all open traces, so that the spool can keep them. */
  readonly beforeExit: () => void;
  readonly redactor: Redactor;
  /** The counts that a local server is sent with the rows. */
  readonly stats: () => TracerStats;
  /** Flushes the tracer. */
  readonly flush: () => Promise<void>;
}

/** Progress of a replay. The counts are rows. */
export interface ReplayState {
  readonly delivered: number;
  readonly waiting: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Whether the last scan found no row. */
  readonly isIdle: boolean;
  /** Consecutive failed sends. */
  readonly failures: number;
  /** Whether the platform refuses the key, or does not have the pipeline. */
  readonly isRefused: boolean;
}

/** Everything that publishes the rows of one tracer. */
export class Publishing {
  readonly ledger = new Ledger();
  readonly times = new SendTimes();
  readonly updates: RowUpdater;
  /** Writes the row of a trace before the last bytes of its response are sent; undefined unless a spool writes ahead. */
  readonly writeAhead: ((trace: RecordedTrace) => void) | undefined;
  readonly #tools: PublishingTools;
  readonly #api: OpenlayerApi;
  readonly #key: string;
  readonly #destination: string;
  readonly #publisher: RowPublisher;
  readonly #spool: Spool | undefined;
  readonly #replay: ReplayHandle | undefined;
  #breaker: Breaker | undefined;

  constructor(config: Config, tools: PublishingTools) {
    const { isEnabled, diagnostics, redactor, runDetached } = tools;
    const { ledger } = this;
    const { baseUrl = '', apiKey = '', inferencePipelineId = '', timeoutMs } = config;
    this.#tools = tools;
    this.#key = apiKey;
    this.#destination = `${baseUrl}\n${inferencePipelineId}`;
    const header = isOnThisMachine(baseUrl) ? statsHeader(tools.stats) : undefined;
    this.#api = new OpenlayerApi(
      { baseUrl, apiKey, inferencePipelineId, timeoutMs, statsHeader: header },
      httpClient(),
    );
    const spool = openSpool(isEnabled ? config.spool : undefined, this.#destination, {
      diagnostics,
      ledger,
      redactor,
      runDetached,
    });
    this.#spool = spool;
    const transport = this.#transport(config, spool);
    const options = {
      transport,
      limits: config.batch,
      diagnostics,
      runDetached,
      ledger,
      onCall: (ms: number) => this.times.add(ms),
    };
    this.#publisher = timersLast
      ? new Publisher({
          ...options,
          overflow: spool === undefined ? undefined : (rows) => spool.keepAll(rows),
        })
      : new RequestPublisher({ ...options, maxElapsedMs: config.retry.maxElapsedMs });
    this.updates = new RowUpdater(this.#api, {
      whyRefused: whyNotUpdated(config),
      redactor,
      flush: () => tools.flush(),
    });
    if (spool === undefined) return;
    if (config.spool?.mode === 'wal') this.writeAhead = (trace) => spool.writeAhead(trace);
    const { maxBatchRows } = config.batch;
    this.#replay = spool.replay({ transport, policy: config.retry, maxBatchRows });
  }

  /** Records that a trace has started. */
  recordStart(trace: RecordedTrace): void {
    this.#spool?.recordStart(trace);
  }

  /** Queues the row of an ended trace. */
  queue(trace: RecordedTrace): void {
    this.#publisher.add(this.#rowOf(trace));
  }

  /**
   * Sends the row of an ended trace at once, while the platform keeps its request alive.
   * @returns a promise that resolves when the row is delivered or dropped
   */
  sendNow(trace: RecordedTrace): Promise<void> {
    return this.#publisher.sendNow(this.#rowOf(trace));
  }

  /** Whether a process that is about to exit may be kept alive for rows. */
  get mayDelayExit(): boolean {
    return this.#publisher.mayDelayExit;
  }

  /** Removes an ended trace that is not published. */
  discard(trace: RecordedTrace): void {
    this.#spool?.discard(trace);
  }

  #rowOf(trace: RecordedTrace): QueuedRow {
    return this.#spool?.writeRow(trace) ?? rowOf(trace, this.#tools.redactor);
  }

  flush(deadlineMs: number): Promise<void> {
    return this.#publisher.flush(deadlineMs);
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const replay = this.#replay?.stop();
    await this.#publisher.shutdown(deadlineMs);
    await replay;
    this.#spool?.release();
  }

  /** Releases the spool files, so that other processes may adopt them and send their rows. While a replay goes on, keeps them. */
  release(): void {
    this.#spool?.release();
  }

  /** Stops scanning for rows of dead processes. */
  retire(): void {
    this.#replay?.retire();
  }

  /** Keeps queued rows on disk at the exit of the process. @returns a function that removes the registration */
  keepRowsAtExit(): () => void {
    const queuedRows = () => {
      this.#tools.beforeExit();
      return this.#publisher.queuedRows();
    };
    return this.#spool?.keepRowsAtExit(queuedRows) ?? (() => {});
  }

  /** Uses the key of another tracer for the same pipeline, if the platform refuses the own one. */
  useKeyOf(other: Publishing): void {
    const isRefused = this.#breaker?.isRefused === true;
    if (!isRefused || other.#destination !== this.#destination) return;
    this.#api.useKey(other.#key);
    this.#breaker?.reset();
    this.#replay?.retryNow();
  }

  /** Keeps a row that another library could not deliver, to send it. @returns whether it is on disk */
  importRow(row: QueuedRow): boolean {
    if (this.#spool?.importRow(row) !== true) return false;
    this.ledger.spool(1);
    return true;
  }

  get spoolFolder(): string | undefined {
    return this.#spool?.folder;
  }

  /** Progress of sending rows from disk. */
  get replayState(): ReplayState {
    const ledgers = [this.ledger, this.#spool?.adopted ?? NOTHING_ADOPTED];
    const sum = (count: (ledger: Ledger) => number) =>
      ledgers.reduce((total, ledger) => total + count(ledger), 0);
    return {
      delivered: sum(({ published }) => published),
      waiting: sum(({ spooled, queued }) => spooled + queued),
      quarantined: sum(({ quarantined }) => quarantined),
      dropped: sum(({ dropped }) => Object.values(dropped).reduce((a, b) => a + b, 0)),
      isIdle: this.#replay?.isIdle ?? true,
      failures: this.#replay?.failures ?? 0,
      isRefused: this.#breaker?.isRefused ?? false,
    };
  }

  /** The part of the stats that counts rows. */
  stats(): Omit<TracerStats, 'started' | 'sampledOut' | 'open'> {
    const { published, queued, queuedBytes, spooled, quarantined, dropped } = this.ledger;
    const spool = this.#spool;
    const adopted = spool?.adopted ?? NOTHING_ADOPTED;
    return {
      published,
      queued,
      queuedBytes: queuedBytes + (spool?.memoryBytes ?? 0),
      spooled,
      quarantined,
      dropped,
      spoolBytes: spool?.bytes ?? 0,
      adopted: {
        found: spool?.adoptedRows ?? 0,
        published: adopted.published,
        spooled: adopted.spooled,
        quarantined: adopted.quarantined,
        dropped: adopted.dropped,
      },
    };
  }

  /** The chain of transports through which every batch passes. */
  #transport(config: Config, spool: Spool | undefined): RowTransport {
    const sender = config.transport ?? httpTransport(this.#api);
    if (spool !== undefined) {
      const has: Lookup = (id, options) => this.#api.hasRow(id, options);
      const attempts = spool.withAttempts(sender);
      const verification = {
        paceMs: paceOf(config.retry),
        rowsThatMayHaveArrived: (rows: readonly QueuedRow[]) => spool.rowsThatMayHaveArrived(rows),
      };
      const verified =
        config.transport === undefined ? withVerification(attempts, has, verification) : attempts;
      this.#breaker = withBreaker(verified, config.retry, { opensOnRefusedKey: true });
      return withIsolation(spool.withKeeping(withTrimming(this.#breaker)));
    }
    if (config.transport !== undefined) return config.transport;
    return withIsolation(
      withRetry(
        withTrimming(withBreaker(sender, config.retry, { callerWaits: true })),
        config.retry,
        {
          onRetry: (error, waitMs) =>
            this.#tools.diagnostics.report(
              'warn',
              'publish_retry',
              `${error.message}; the next attempt is in ${Math.ceil(waitMs)} ms`,
            ),
        },
      ),
    );
  }
}

const NOTHING_ADOPTED = new Ledger();
