/** Sends rows that wait on disk, the oldest first, with a pause between batches to spare a platform that has just recovered. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';
import { delay, startTimer, stopTimer, type Timer, unref } from '../../platform/timers.js';
import { paceOf, waitBefore } from '../../publish/chain/backoff.js';
import {
  checkedDelivery,
  countDelivery,
  failedDelivery,
  reportUndelivered,
} from '../../publish/counts/delivery.js';
import type { Ledger } from '../../publish/counts/ledger.js';
import { batchesOf } from '../../publish/queue/open-batches.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import type { ReplayHandle, ReplayOptions } from '../../publish/spool.js';
import { mayBePoisoned } from '../../publish/transport/poison-rows.js';
import type { RowBatch, RowDelivery } from '../../publish/transport/row-transport.js';
import { SendError } from '../../publish/transport/send-error.js';

/** Rows to be sent again. */
export interface Replayable {
  readonly rows: readonly QueuedRow[];
  /** The ledger that counts them. */
  readonly ledger: Ledger;
  /** Whether they are in memory and not on disk. */
  readonly isFromMemory: boolean;
}

/** Where rows wait to be sent again. */
export interface WaitingRows {
  /** The next rows, the oldest first; undefined if there are none. */
  next(): Promise<Replayable | undefined>;
  /** Keeps rows that were not delivered. */
  keepAll(rows: readonly QueuedRow[], error: unknown): RowDelivery;
}

/** The options of a replay, with what it needs of its spool. */
export interface SpoolReplayOptions extends ReplayOptions {
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
  /** Receives rows that cannot be sent, and unexpected errors, as reports. */
  readonly diagnostics: Diagnostics;
}

/** How often to scan for rows of dead processes. */
const SCAN_MS = 15_000;

/** Sends the rows of one spool. */
export class Replay implements ReplayHandle {
  readonly #waiting: WaitingRows;
  readonly #options: SpoolReplayOptions;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  /** When the timer is due. */
  #due = Number.POSITIVE_INFINITY;
  #failures = 0;
  #isIdle = false;
  #isRetired = false;
  #notBefore = 0;
  #running: Promise<void> | undefined;

  constructor(waiting: WaitingRows, options: SpoolReplayOptions) {
    this.#waiting = waiting;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    // Jitter, so that the processes of a starting machine do not scan at once.
    this.#wakeIn((options.policy.baseMs / 4) * (1 + this.#random()));
  }

  /** Starts within the shortest backoff, because a row was kept. */
  wakeSoon(): void {
    this.#wakeIn(this.#options.policy.baseMs * this.#random());
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether it was stopped, and sends nothing any more. */
  get isStopped(): boolean {
    return this.#stop.signal.aborted && this.#running === undefined;
  }

  retryNow(): void {
    this.#failures = 0;
    this.#notBefore = 0;
    this.#wakeIn(0);
  }

  retire(): void {
    this.#isRetired = true;
    if (!this.#isIdle || this.#running !== undefined) return;
    stopTimer(this.#timer);
    this.#timer = undefined;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    stopTimer(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  #wakeIn(ms: number): void {
    if (this.#stop.signal.aborted || this.#running !== undefined) return;
    const at = Math.max(monotonicMs() + ms, this.#notBefore);
    if (this.#timer !== undefined && this.#due <= at) return;
    stopTimer(this.#timer);
    this.#due = at;
    this.#options.runDetached(() => {
      this.#timer = unref(startTimer(() => this.#wake(), Math.max(at - monotonicMs(), 0)));
    });
  }

  #wake(): void {
    this.#timer = undefined;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#options.diagnostics.reportFailure('replay', error);
        return SCAN_MS;
      })
      .then((waitMs) => {
        this.#running = undefined;
        if (!this.#isRetired || !this.#isIdle) this.#wakeIn(waitMs);
      });
  }

  /** Sends the next rows. @returns the wait before the next run, in milliseconds */
  async #run(): Promise<number> {
    const { policy } = this.#options;
    const waiting = this.#waiting;
    const batch = await waiting.next();
    this.#isIdle = batch === undefined;
    if (batch === undefined) return SCAN_MS * (0.5 + this.#random());
    let error: unknown;
    let goesOn = true;
    for (const each of batchesOf(batch.rows, this.#options.limits)) {
      if (this.#stop.signal.aborted) {
        error ??= new SendError('given_up', 'the tracer was shut down');
        goesOn = false;
      }
      if (!goesOn) {
        this.#account(waiting.keepAll(each.rows, error), each, batch);
        continue;
      }
      const failure = await this.#send(each, batch);
      // The rows behind those that make the platform fail do not wait for them.
      goesOn = failure === undefined || mayBePoisoned(failure);
      if (!goesOn || error === undefined) error = failure;
      if (goesOn) await delay(paceOf(policy), this.#stop.signal);
    }
    if (error === undefined) {
      this.#failures = 0;
      return 0;
    }
    this.#failures++;
    const retryAfterMs = error instanceof SendError ? error.retryAfterMs : undefined;
    const waitMs = waitBefore(this.#failures, retryAfterMs, policy, this.#random);
    this.#notBefore = monotonicMs() + waitMs;
    return waitMs;
  }

  /** Sends a batch. @returns the error because of which rows still wait; undefined if none does */
  async #send(batch: RowBatch, from: Replayable): Promise<unknown> {
    const total = batch.rows.length;
    let delivery: RowDelivery;
    try {
      const { signal } = this.#stop;
      delivery = await this.#options.transport.send(batch, { signal, isReplay: true });
    } catch (error) {
      return this.#account(this.#waiting.keepAll(batch.rows, error), batch, from);
    }
    try {
      checkedDelivery(delivery, total);
    } catch (error) {
      // What became of the rows is unknown. Sent again, they might be sent for ever.
      delivery = failedDelivery(error, total);
    }
    return this.#account(delivery, batch, from);
  }

  #account(delivery: RowDelivery, batch: RowBatch, { ledger, isFromMemory }: Replayable): unknown {
    countDelivery(ledger, isFromMemory ? 'queued' : 'spooled', batch.rows, delivery);
    reportUndelivered(delivery, this.#options.diagnostics);
    const { spooled = 0, held = 0, error } = delivery;
    return spooled + held > 0 ? (error ?? new Error('rows still wait on disk')) : undefined;
  }
}
