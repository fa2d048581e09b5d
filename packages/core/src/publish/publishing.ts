/**
 * The way of rows to the platform: the one place where what makes, keeps and sends them is put together, and longer than
 * other files for that.
 */

import { exchange, timersLast } from '#platform';
import type { Config } from '../config/config.js';
import type { Diagnostics } from '../diagnostics.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { Redactor } from '../trace/redact.js';
import type { TracerStats } from '../tracer-api.js';
import { paceOf } from './backoff.js';
import { httpTransport } from './http-transport.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { OpenlayerApi } from './openlayer-api.js';
import { Publisher, type RowPublisher } from './publisher.js';
import { Replay } from './replay.js';
import { RequestPublisher } from './request-publisher.js';
import { type QueuedRow, rowOf } from './row.js';
import { RowUpdater } from './row-updater.js';
import { SendTimes } from './send-times.js';
import { Slabs } from './slabs.js';
import { openSpool } from './spool/open-spool.js';
import type { Spool } from './spool/spool.js';
import type { Transport } from './transport.js';
import { withAttempts } from './with-attempts.js';
import { type Breaker, withBreaker } from './with-breaker.js';
import { withIsolation } from './with-isolation.js';
import { withRetry } from './with-retry.js';
import { withSpool } from './with-spool.js';
import { withTrimming } from './with-trimming.js';
import { type Lookup, withVerification } from './with-verification.js';

export interface PublishingTools {
  /** Whether rows will come at all. */
  readonly isEnabled: boolean;
  readonly diagnostics: Diagnostics;
  /** Runs a function outside any request's scope. */
  readonly outside: (fn: () => void) => void;
  /** At the end of the process, where a disk can take what is left: has every trace that is open handed over. */
  readonly beforeExit: () => void;
  readonly redactor: Redactor;
  /** Has every trace that has ended handed over and sent. */
  readonly flush: () => Promise<void>;
}

/** How far a replay is. */
export interface ReplayState {
  readonly delivered: number;
  readonly waiting: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Whether it has looked and found nothing more. */
  readonly isIdle: boolean;
  /** Tries in a row that failed. */
  readonly failures: number;
  /** Whether the platform refuses the key, or knows no such pipeline. */
  readonly isRefused: boolean;
}

export class Publishing {
  readonly ledger = new Ledger();
  readonly times = new SendTimes();
  readonly updates: RowUpdater;
  /** Is told of traces whose answers are about to be complete; undefined where nothing outlives the process. */
  readonly answering: ((trace: RecordedTrace) => void) | undefined;
  readonly #slabs = new Slabs();
  readonly #diagnostics: Diagnostics;
  readonly #api: OpenlayerApi;
  readonly #key: string;
  readonly #destination: string;
  readonly #publisher: RowPublisher;
  readonly #spool: Spool | undefined;
  readonly #journal: Journal | undefined;
  readonly #replay: Replay | undefined;
  #breaker: Breaker | undefined;

  constructor(config: Config, tools: PublishingTools) {
    const { isEnabled, diagnostics, outside } = tools;
    const { ledger } = this;
    const { baseUrl = '', apiKey = '', inferencePipelineId = '', timeoutMs } = config;
    this.#diagnostics = diagnostics;
    this.#key = apiKey;
    this.#destination = `${baseUrl}\n${inferencePipelineId}`;
    this.#api = new OpenlayerApi({ baseUrl, apiKey, inferencePipelineId, timeoutMs }, exchange());
    this.#spool = isEnabled ? openSpool(config, { diagnostics, ledger, outside }) : undefined;
    const spool = this.#spool;
    const transport = this.#transport(config, spool);
    const options = {
      transport,
      limits: config.batch,
      diagnostics,
      outside,
      ledger,
      onCall: (ms: number) => this.times.add(ms),
      // A transport of the user's may keep what it was given.
      free:
        config.transport === undefined
          ? (rows: readonly QueuedRow[]) => this.#slabs.free(rows)
          : undefined,
    };
    this.#publisher = timersLast
      ? new Publisher({
          ...options,
          overflow: spool === undefined ? undefined : (rows) => spool.keepAll(rows),
        })
      : new RequestPublisher({ ...options, maxElapsedMs: config.retry.maxElapsedMs });
    this.updates = new RowUpdater(this.#api, {
      isEnabled: isEnabled && config.transport === undefined,
      redactor: tools.redactor,
      publish: () => tools.flush(),
    });
    if (spool === undefined) return;
    const journal = new Journal(spool, this.#slabs);
    this.#journal = journal;
    this.answering = (trace) => journal.answering(trace);
    this.#replay = new Replay({
      spool,
      transport,
      policy: config.retry,
      maxBatchRows: config.batch.maxBatchRows,
      outside,
      failed: (error) => diagnostics.report('error', 'internal_error', 'replay failed', error),
    });
    spool.beforeExit = () => {
      tools.beforeExit();
      for (const row of this.#publisher.waiting()) if (!spool.has(row)) spool.keep(row);
    };
    this.#replay.start();
  }

  /** A trace begins. */
  opened(trace: RecordedTrace): void {
    this.#journal?.opened(trace);
  }

  /** A trace has ended, and is to be published. */
  add(trace: RecordedTrace): void {
    this.#publisher.add(this.#rowOf(trace));
  }

  /**
   * The same for a trace that can wait for no other, since nothing may outlive its request.
   * @returns a promise that resolves when it was delivered or dropped
   */
  addAlone(trace: RecordedTrace): Promise<void> {
    return this.#publisher.addAlone(this.#rowOf(trace));
  }

  /** A trace has ended, and is not to be published. */
  leave(trace: RecordedTrace): void {
    this.#journal?.left(trace);
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

  /** Leaves what is on disk to others. */
  release(): void {
    this.#spool?.release();
  }

  /** Looks no longer for what other processes have left behind. */
  retire(): void {
    this.#replay?.retire();
  }

  /** Has what waits kept on disk at the end of the process. @returns a function that takes that back */
  holdExit(): () => void {
    return this.#spool?.holdExit() ?? (() => {});
  }

  /** Another one for the same pipeline has a key that may be a better one. */
  useKeyOf(other: Publishing): void {
    const isRefused = this.#breaker?.isRefused === true;
    if (!isRefused || other.#destination !== this.#destination) return;
    this.#api.useKey(other.#key);
    this.#breaker?.reset();
    this.#replay?.hurry();
  }

  /** Has a row sent that another library could not deliver. @returns whether it is safe on disk */
  importRow(row: QueuedRow): boolean {
    if (this.#spool?.keep(row) !== 'disk') return false;
    this.ledger.spooled++;
    return true;
  }

  get spoolFolder(): string | undefined {
    return this.#spool?.folder;
  }

  /** How far it is with what was left on disk. */
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

  /** Where the rows are. */
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

  #rowOf(trace: RecordedTrace): QueuedRow {
    return this.#journal?.row(trace) ?? rowOf(trace, this.#slabs);
  }

  /** The chain that every batch goes down. */
  #transport(config: Config, spool: Spool | undefined): Transport {
    const sender = config.transport ?? httpTransport(this.#api);
    if (spool !== undefined) {
      const has: Lookup = (id, options) => this.#api.hasRow(id, options);
      const attempts = withAttempts(sender, spool);
      const verification = {
        paceMs: paceOf(config.retry),
        doubtful: (rows: readonly QueuedRow[]) => spool.doubtful(rows),
      };
      const verified =
        config.transport === undefined ? withVerification(attempts, has, verification) : attempts;
      this.#breaker = withBreaker(verified, config.retry, { holdsUnauthorized: true });
      return withIsolation(withSpool(withTrimming(this.#breaker), spool));
    }
    if (config.transport !== undefined) return config.transport;
    return withIsolation(
      withRetry(withTrimming(withBreaker(sender, config.retry, { isPaced: true })), config.retry, {
        onRetry: (error, waitMs) =>
          this.#diagnostics.report(
            'warn',
            'publish_retry',
            `${error.message}; the next try is in ${Math.ceil(waitMs)} ms`,
          ),
      }),
    );
  }
}

/** Where there is no spool. */
const NOTHING_ADOPTED = new Ledger();
