/** Queues rows, groups them into batches and sends each batch until its rows are delivered, dropped or kept on disk. */

import { onBeforeExit } from '#platform';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';
import { startTimer, stopTimer, type Timer, unref, waitAtMost } from '../../platform/timers.js';
import { watchRejection } from '../../values/reading/thenable.js';
import { checkedDelivery, failedDelivery, shutDownDelivery } from '../counts/delivery.js';
import { QueueCounts } from '../counts/queue-counts.js';
import type { QueuedRow } from '../row/queued-row.js';
import {
  MAX_IN_FLIGHT,
  type RowBatch,
  type RowDelivery,
  type RowTransport,
} from '../transport/row-transport.js';
import { OpenBatches } from './open-batches.js';
import {
  ABORT_GRACE_MS,
  MAX_REQUEST_SEND_MS,
  type PublisherLimits,
  type PublisherOptions,
  type RowPublisher,
} from './row-publisher.js';

/** How long an exiting process is kept alive to send its last rows. */
const BEFORE_EXIT_MS = 150;

/** How often it is kept alive: an app may record a trace at each `beforeExit`, which occurs again each time. */
const MAX_EXIT_DELAYS = 10;

/** A complete batch that waits for a free slot. */
interface ReadyBatch extends RowBatch {
  /** Called when the rows of the batch are delivered, dropped or kept on disk. */
  readonly settle: () => void;
}

/** The publisher for runtimes where timers and sockets are shared by all requests. */
export class Publisher implements RowPublisher {
  readonly #transport: RowTransport;
  readonly #limits: PublisherLimits;
  readonly #diagnostics: Diagnostics;
  readonly #runDetached: (fn: () => void) => void;
  readonly #open: OpenBatches;
  readonly #ready: ReadyBatch[] = [];
  /** One promise for each batch whose rows still wait or are being sent. */
  readonly #pendingSends = new Set<Promise<void>>();
  readonly #queue: QueueCounts;
  readonly #overflow: ((rows: readonly QueuedRow[]) => RowDelivery) | undefined;
  readonly #inFlightBatches = new Set<RowBatch>();
  readonly #onSent: ((ms: number) => void) | undefined;
  /** Aborts every batch in flight at shutdown. */
  readonly #stop = new AbortController();
  /** Abort the rows that are sent one by one. */
  readonly #singleSends = new Set<AbortController>();
  #timer: Timer | undefined;
  #inFlight = 0;
  #shuttingDown: Promise<void> | undefined;
  #unregisterExit: (() => void) | undefined;
  /** Whether all queued rows were sent at a `beforeExit`: they do not delay the exit again. */
  #hasFlushedAtExit = false;
  #exitDelays = 0;

  constructor(options: PublisherOptions) {
    this.#transport = options.transport;
    this.#limits = options.limits;
    this.#open = new OpenBatches(options.limits, (batch) => this.#seal(batch));
    this.#diagnostics = options.diagnostics;
    this.#runDetached = options.runDetached;
    this.#queue = new QueueCounts(options);
    this.#overflow = options.overflow;
    this.#onSent = options.onSent;
  }

  add(row: QueuedRow): void {
    if (!this.#admit(row)) return;
    this.#unregisterExit ??= onBeforeExit(() => this.#flushAtExit());
    this.#hasFlushedAtExit = false;
    this.#open.add(row);
    if (this.#timer === undefined && !this.#open.isEmpty) this.#startTimer();
  }

  /** @returns a promise that resolves when the row is delivered, dropped or kept on disk */
  sendNow(row: QueuedRow): Promise<void> {
    if (!this.#admit(row)) return Promise.resolve();
    let delivery = Promise.resolve();
    this.#runDetached(() => {
      delivery = this.#sendNow({ layout: row.layout, rows: [row] });
    });
    this.#pendingSends.add(delivery);
    return delivery.then(() => {
      this.#pendingSends.delete(delivery);
    });
  }

  /** Counts the row as queued. If that is not possible, spools or drops it. @returns whether it is queued */
  #admit(row: QueuedRow): boolean {
    if (this.#shuttingDown !== undefined || !this.#queue.hasRoomFor(row)) {
      this.#overflowOrDrop(row);
      return false;
    }
    this.#queue.add(row);
    return true;
  }

  *queuedRows(): Generator<QueuedRow> {
    yield* this.#open.rows();
    for (const batch of this.#ready) yield* batch.rows;
    for (const batch of this.#inFlightBatches) yield* batch.rows;
  }

  #overflowOrDrop(row: QueuedRow): void {
    if (this.#overflow !== undefined) {
      // Counted as queued first, since `#account` moves it from there.
      this.#queue.add(row);
      this.#account([row], this.#overflow([row]));
    } else if (this.#shuttingDown !== undefined) {
      this.#queue.dropShutDown();
    } else {
      this.#queue.dropFull();
    }
  }

  /**
   * Sends the queued rows. Resolves when each of them is delivered, dropped or kept on disk, or at the deadline. Keeps the
   * process alive until then.
   */
  async flush(deadlineMs: number): Promise<void> {
    if (this.#queue.isEmpty) return;
    try {
      this.#sealAll();
      await waitAtMost(Promise.all(this.#pendingSends), deadlineMs);
    } catch (error) {
      this.#diagnostics.reportFailure('flush', error);
    }
  }

  /** Sends the queued rows, and accepts no further ones. Rows not delivered at the deadline are spooled or dropped. */
  shutdown(deadlineMs: number): Promise<void> {
    this.#shuttingDown ??= this.#shutDown(deadlineMs);
    return this.#shuttingDown;
  }

  async #shutDown(deadlineMs: number): Promise<void> {
    await this.flush(deadlineMs);
    this.#stop.abort();
    for (const stop of this.#singleSends) stop.abort();
    await this.flush(ABORT_GRACE_MS);
    try {
      this.#removeFromExit();
      const closed: unknown = this.#transport.close();
      watchRejection(closed, (error) => this.#diagnostics.reportFailure('close', error));
    } catch (error) {
      this.#diagnostics.reportFailure('shutdown', error);
    }
  }

  #sealAll(): void {
    try {
      this.#open.sealAll();
    } catch (error) {
      this.#diagnostics.reportFailure('seal', error);
    }
    if (this.#timer !== undefined) stopTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Queues a complete batch. */
  #seal(batch: RowBatch): void {
    const delivery = new Promise<void>((settle) => {
      this.#ready.push({ ...batch, settle });
    });
    this.#pendingSends.add(delivery);
    delivery.then(() => this.#pendingSends.delete(delivery));
    this.#runDetached(() => this.#pump());
  }

  #startTimer(): void {
    this.#runDetached(() => {
      this.#timer = unref(startTimer(() => this.#sealAll(), this.#limits.maxDelayMs));
    });
  }

  #pump(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const batch = this.#ready.shift();
      if (batch === undefined) return;
      this.#inFlight++;
      this.#send(batch, this.#stop.signal)
        .catch((error: unknown) => this.#diagnostics.reportFailure('send', error))
        .finally(() => {
          this.#inFlight--;
          batch.settle();
          this.#pump();
        });
    }
  }

  async #sendNow(batch: RowBatch): Promise<void> {
    const stop = new AbortController();
    this.#singleSends.add(stop);
    const timer = unref(startTimer(() => stop.abort(), MAX_REQUEST_SEND_MS));
    try {
      await this.#send(batch, stop.signal);
    } catch (error) {
      this.#diagnostics.reportFailure('send', error);
    } finally {
      stopTimer(timer);
      this.#singleSends.delete(stop);
    }
  }

  /** Sends the batch and counts its rows. */
  async #send(batch: RowBatch, signal: AbortSignal): Promise<void> {
    const total = batch.rows.length;
    let delivery: RowDelivery;
    this.#inFlightBatches.add(batch);
    const start = monotonicMs();
    try {
      delivery = checkedDelivery(await this.#transport.send(batch, { signal }), total);
    } catch (error) {
      delivery = signal.aborted
        ? { delivered: 0, lost: { given_up: total }, error }
        : failedDelivery(error, total);
    }
    this.#inFlightBatches.delete(batch);
    const ms = monotonicMs() - start;
    this.#account(batch.rows, delivery);
    if (delivery.delivered > 0) this.#onSent?.(ms);
  }

  #account(rows: readonly QueuedRow[], delivery: RowDelivery): void {
    this.#queue.remove(rows, this.#stop.signal.aborted ? shutDownDelivery(delivery) : delivery);
    if (this.#queue.isEmpty) this.#removeFromExit();
  }

  /** Removes the hook at the exit of the process: no row is queued. */
  #removeFromExit(): void {
    this.#unregisterExit?.();
    this.#unregisterExit = undefined;
  }

  get mayDelayExit(): boolean {
    return this.#exitDelays < MAX_EXIT_DELAYS;
  }

  /** Sends the queued rows for a short time when the event loop is empty. */
  async #flushAtExit(): Promise<void> {
    if (this.#hasFlushedAtExit || this.#queue.isEmpty || !this.mayDelayExit) return;
    this.#hasFlushedAtExit = true;
    this.#exitDelays++;
    await this.flush(BEFORE_EXIT_MS);
  }
}
