/** One destination of the rows of a tracer: creates and connects its spool, transports, publisher and replay. */

import { timersOutliveRequests } from '#platform';
import { openSpool } from '#spool';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';
import { waitAtMost } from '../../platform/timers.js';
import { paceOf, type RetryPolicy } from '../../publish/chain/backoff.js';
import { type Breaker, withBreaker } from '../../publish/chain/with-breaker.js';
import { withIsolation } from '../../publish/chain/with-isolation.js';
import { withPoisonDetection } from '../../publish/chain/with-poison-detection.js';
import { withRetry } from '../../publish/chain/with-retry.js';
import { withTrimming } from '../../publish/chain/with-trimming.js';
import { type Lookup, withVerification } from '../../publish/chain/with-verification.js';
import { Ledger } from '../../publish/counts/ledger.js';
import { SendTimes } from '../../publish/counts/send-times.js';
import { Publisher } from '../../publish/queue/publisher.js';
import { RequestPublisher } from '../../publish/queue/request-publisher.js';
import {
  ABORT_GRACE_MS,
  type PublisherLimits,
  type RowPublisher,
} from '../../publish/queue/row-publisher.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { rowOf } from '../../publish/row/row.js';
import type { ReplayHandle, Spool } from '../../publish/spool.js';
import type { RowTransport } from '../../publish/transport/row-transport.js';
import type { SpoolConfig } from '../../spool/folder/spool-options.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import type { DestinationStats } from '../api/tracer-api.js';

export interface DestinationOptions {
  /** Names the destination. Rows on disk are sent only to the destination that they were written for. */
  readonly address: string;
  readonly sender: RowTransport;
  /** Whether failed sends are retried without a spool too. */
  readonly retriesSends: boolean;
  /** Looks up whether the destination has a row; undefined if it offers no such call. */
  readonly lookup: Lookup | undefined;
  readonly batch: PublisherLimits;
  readonly retry: RetryPolicy;
  readonly spool: SpoolConfig | undefined;
}

/** Options that all destinations of a tracer share. */
export interface SharedDestinationOptions {
  readonly diagnostics: Diagnostics;
  readonly redactor: Redactor;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
  /** Called at the exit of the process: ends and queues all open traces, so that the spool can keep them. */
  readonly beforeExit: () => void;
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

export class Destination {
  readonly address: string;
  readonly ledger = new Ledger();
  readonly times = new SendTimes();
  /** Writes the row of a trace before the last bytes of its response are sent; undefined unless a spool writes ahead. */
  readonly writeAhead: ((trace: RecordedTrace) => void) | undefined;
  readonly #shared: SharedDestinationOptions;
  readonly #publisher: RowPublisher;
  readonly #spool: Spool | undefined;
  readonly #replay: ReplayHandle | undefined;
  readonly #breaker: Breaker | undefined;

  constructor(options: DestinationOptions, shared: SharedDestinationOptions) {
    const { diagnostics, redactor, runDetached } = shared;
    const { address, batch, retry } = options;
    const { ledger } = this;
    this.address = address;
    this.#shared = shared;
    const spoolOptions = { diagnostics, ledger, redactor, runDetached };
    const spool = openSpool(options.spool, address, spoolOptions);
    this.#spool = spool;
    const { transport, breaker } = transportChain(options, spool, diagnostics);
    this.#breaker = breaker;
    const publisherOptions = {
      transport,
      limits: batch,
      diagnostics,
      runDetached,
      ledger,
      onSent: (ms: number) => this.times.add(ms),
    };
    this.#publisher = timersOutliveRequests
      ? new Publisher({
          ...publisherOptions,
          overflow: spool === undefined ? undefined : (rows) => spool.keepAll(rows),
        })
      : new RequestPublisher({ ...publisherOptions, maxElapsedMs: retry.maxElapsedMs });
    if (spool === undefined) return;
    if (options.spool?.mode === 'wal') this.writeAhead = (trace) => spool.writeAhead(trace);
    this.#replay = spool.replay({ transport, policy: retry, limits: batch });
  }

  /** Records that a trace has started. */
  recordStart(trace: RecordedTrace): void {
    this.#spool?.recordStart(trace);
  }

  /** Records what is known of a trace that is open for long. */
  recordProgress(trace: RecordedTrace): void {
    this.#spool?.recordProgress(trace);
  }

  /** Queues the row of an ended trace. */
  queue(trace: RecordedTrace): void {
    this.#publisher.add(this.#rowOf(trace));
  }

  /**
   * Sends the row of an ended trace at once, while the runtime keeps its request alive.
   * @returns a promise that resolves when the row is delivered, dropped or kept on disk
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
    return this.#spool?.writeRow(trace) ?? rowOf(trace, this.#shared.redactor);
  }

  flush(deadlineMs: number): Promise<void> {
    return this.#publisher.flush(deadlineMs);
  }

  /**
   * Sends the queued rows if one of them has this id. Resolves when they are delivered, dropped or kept on disk, or at the
   * deadline.
   */
  async flushRow(inferenceId: string, deadlineMs: number): Promise<void> {
    for (const row of this.#publisher.queuedRows()) {
      if (row.inferenceId === inferenceId) return this.#publisher.flush(deadlineMs);
    }
  }

  /** Whether no row is queued or on disk. */
  get isDelivered(): boolean {
    const { queued, spooled } = this.ledger;
    return queued + spooled + (this.#spool?.adopted.spooled ?? 0) === 0;
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const endsAt = monotonicMs() + deadlineMs;
    const replay = this.#replay?.stop();
    await this.#publisher.shutdown(deadlineMs);
    // A transport of an app may go on although its signal is aborted.
    await waitAtMost(replay, Math.max(endsAt - monotonicMs(), ABORT_GRACE_MS));
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
      this.#shared.beforeExit();
      return this.#publisher.queuedRows();
    };
    return this.#spool?.keepRowsAtExit(queuedRows) ?? (() => {});
  }

  /** Whether the destination refuses the key, or is missing. */
  get isRefused(): boolean {
    return this.#breaker?.isRefused === true;
  }

  /** Sends again at once, since the cause of the refusals is gone. */
  retryNow(): void {
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
      isRefused: this.isRefused,
    };
  }

  stats(): DestinationStats {
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
}

interface TransportChain {
  readonly transport: RowTransport;
  /** The circuit breaker of a destination with a spool, whose rows can wait for another key. */
  readonly breaker: Breaker | undefined;
}

/** The chain of transports through which every batch passes. */
function transportChain(
  { sender, lookup, retry, retriesSends }: DestinationOptions,
  spool: Spool | undefined,
  diagnostics: Diagnostics,
): TransportChain {
  if (spool !== undefined) {
    const attempts = withPoisonDetection(spool.withSendLog(sender), retry);
    const verification = {
      paceMs: paceOf(retry),
      rowsThatMayHaveArrived: (rows: readonly QueuedRow[]) => spool.rowsThatMayHaveArrived(rows),
    };
    const verified =
      lookup === undefined ? attempts : withVerification(attempts, lookup, verification);
    const breaker = withBreaker(verified, retry, { opensOnRefusedKey: true });
    return { transport: withIsolation(spool.withKeeping(withTrimming(breaker))), breaker };
  }
  if (!retriesSends) return { transport: sender, breaker: undefined };
  const breaker = withBreaker(withPoisonDetection(sender, retry), retry, { callerWaits: true });
  const retried = withRetry(withTrimming(breaker), retry, {
    onRetry: (error, waitMs) =>
      diagnostics.report(
        'warn',
        'publish_retry',
        `${error.message}; the next attempt is in ${Math.ceil(waitMs)} ms`,
      ),
  });
  return { transport: withIsolation(retried), breaker: undefined };
}

const NOTHING_ADOPTED = new Ledger();
