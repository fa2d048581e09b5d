/**
 * The publisher for Workers, where timers, sockets and promises belong to the request that created them: another request
 * cannot use them, and the runtime cancels them with their request.
 *
 * Requests therefore share nothing but rows and timestamps. Each send uses timers and an AbortController of the request that it
 * runs in, and includes rows that cancelled requests left in the queue.
 */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { elapsedSince, monotonicMs } from '../../platform/clock.js';
import {
  delay,
  LONGEST_TIMER_MS,
  startInterval,
  startTimer,
  stopInterval,
  stopTimer,
} from '../../platform/timers.js';
import { checkedDelivery, failedDelivery, shutDownDelivery } from '../counts/delivery.js';
import { QueueCounts } from '../counts/queue-counts.js';
import type { QueuedRow } from '../row/queued-row.js';
import {
  MAX_IN_FLIGHT,
  type RowBatch,
  type RowDelivery,
  type RowTransport,
} from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import { OpenBatches } from './open-batches.js';
import {
  MAX_REQUEST_SEND_MS,
  type PublisherLimits,
  type PublisherOptions,
  type RowPublisher,
} from './row-publisher.js';

export interface RequestPublisherOptions extends PublisherOptions {
  /** Milliseconds from a batch's first try until it is dropped. */
  readonly maxElapsedMs: number;
}

/** How often a sending request renews its lease. */
const RENEW_MS = 1000;

/** A lease older than this is expired: its request was cancelled, and another request sends its batches. */
const LEASE_MS = 5000;

/** Time between two checks whether other requests have finished their sends. */
const POLL_MS = 20;

/** A complete batch, which may have been sent before. */
interface TriedBatch extends RowBatch {
  /** On the monotonic clock; undefined before the first try. */
  firstTryAt: number | undefined;
}

/** A request that sends. */
interface Sender {
  /** When it last renewed its lease, on the monotonic clock. */
  aliveAt: number;
}

interface Send {
  readonly batch: TriedBatch;
  readonly sender: Sender;
}

/** The publisher for runtimes where timers and sockets belong to one request. */
export class RequestPublisher implements RowPublisher {
  /** There is no exit of a process. */
  readonly mayDelayExit = true;
  readonly #transport: RowTransport;
  readonly #limits: PublisherLimits;
  readonly #maxElapsedMs: number;
  readonly #diagnostics: Diagnostics;
  readonly #runDetached: (fn: () => void) => void;
  readonly #queue: QueueCounts;
  readonly #onSent: ((ms: number) => void) | undefined;
  readonly #open: OpenBatches;
  /** Sealed batches that no request sends. */
  readonly #ready: TriedBatch[] = [];
  /** Sends of all requests, also of those that were cancelled since. */
  readonly #sends = new Set<Send>();
  #isShutDown = false;

  constructor(options: RequestPublisherOptions) {
    this.#transport = options.transport;
    this.#limits = options.limits;
    this.#maxElapsedMs = options.maxElapsedMs;
    this.#diagnostics = options.diagnostics;
    this.#runDetached = options.runDetached;
    this.#queue = new QueueCounts(options);
    this.#onSent = options.onSent;
    this.#open = new OpenBatches(options.limits, (batch) => {
      this.#ready.push({ ...batch, firstTryAt: undefined });
    });
  }

  /**
   * Queues a row, or drops and counts it. It is sent after `maxDelayMs` if its request lasts that long, else by a flush or
   * together with the row of another request.
   */
  add(row: QueuedRow): void {
    if (!this.#admit(row)) return;
    this.#open.add(row);
    // One timer for each row, since the timer of another request may never fire.
    this.#runDetached(() => {
      try {
        startTimer(() => void this.#sendQueued(), this.#limits.maxDelayMs);
      } catch {
        // Outside any request there are no timers. The row waits for the next request.
      }
    });
  }

  /**
   * Sends a row at once, together with the queued rows.
   * @returns a promise that resolves when the row was sent, dropped, or put back for another request
   */
  sendNow(row: QueuedRow): Promise<void> {
    if (!this.#admit(row)) return Promise.resolve();
    this.#open.add(row);
    return this.#sendQueued();
  }

  *queuedRows(): Generator<QueuedRow> {
    yield* this.#open.rows();
    for (const { rows } of this.#ready) yield* rows;
    for (const { batch } of this.#sends) yield* batch.rows;
  }

  /**
   * Sends the queued rows in the current request, and waits for the sends of other requests. Resolves at the deadline at the
   * latest; rows that are not delivered by then stay queued.
   */
  async flush(deadlineMs: number): Promise<void> {
    try {
      if (this.#queue.isEmpty) return;
      const stop = new AbortController();
      const timer = startTimer(() => stop.abort(), Math.min(deadlineMs, LONGEST_TIMER_MS));
      const over = new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      try {
        await Promise.race([this.#flush(stop.signal), over]);
      } finally {
        stopTimer(timer);
      }
    } catch (error) {
      this.#diagnostics.reportFailure('flush', error);
    }
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const others = [...this.#sends];
    await this.#sendQueued();
    // A promise of another request may never resolve here, so its counts are polled.
    while (others.some((send) => this.#sends.has(send)) && !signal.aborted) {
      await delay(POLL_MS, signal);
      this.#requeueExpired();
    }
    await this.#sendQueued();
  }

  /** Sends the queued rows, and accepts no further ones. Rows not delivered at the deadline are dropped and counted. */
  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    try {
      await this.flush(deadlineMs);
      // Without timers, as outside any request, the flush has failed before it sealed them.
      this.#open.sealAll();
      const sends = [...this.#sends];
      // Their requests cannot be aborted from here; the results of their sends are ignored.
      this.#sends.clear();
      for (const batch of [...this.#ready.splice(0), ...sends.map((send) => send.batch)]) {
        this.#account(batch, { delivered: 0, lost: { shut_down: batch.rows.length } });
      }
      this.#transport.close();
    } catch (error) {
      this.#diagnostics.reportFailure('shutdown', error);
    }
  }

  /** Counts the row as queued, or as dropped. @returns whether it is queued */
  #admit(row: QueuedRow): boolean {
    if (this.#isShutDown) {
      this.#queue.dropShutDown();
      return false;
    }
    this.#requeueExpired();
    if (!this.#queue.hasRoomFor(row)) {
      this.#queue.dropFull();
      return false;
    }
    this.#queue.add(row);
    return true;
  }

  /** Requeues the batches of requests whose lease has expired. */
  #requeueExpired(): void {
    const now = monotonicMs();
    for (const send of this.#sends) {
      if (now - send.sender.aliveAt < LEASE_MS) continue;
      this.#sends.delete(send);
      this.#requeueOrDrop(
        send.batch,
        new SendError('given_up', 'the request that sent it was cancelled'),
      );
    }
  }

  /** Puts a batch back into the queue, or drops it after `maxElapsedMs`. */
  #requeueOrDrop(batch: TriedBatch, error: unknown): void {
    const triedMs = monotonicMs() - (batch.firstTryAt ?? Number.POSITIVE_INFINITY);
    if (triedMs < this.#maxElapsedMs && !this.#isShutDown) {
      this.#ready.push(batch);
      return;
    }
    this.#account(batch, { delivered: 0, lost: { given_up: batch.rows.length }, error });
  }

  /** Sends all queued rows in the current request. Never rejects. */
  async #sendQueued(): Promise<void> {
    try {
      this.#requeueExpired();
      this.#open.sealAll();
      if (this.#ready.length === 0) return;
      const stop = new AbortController();
      const sender = { aliveAt: monotonicMs() };
      const timer = startTimer(() => stop.abort(), MAX_REQUEST_SEND_MS);
      const lease = startInterval(() => {
        sender.aliveAt = monotonicMs();
      }, RENEW_MS);
      try {
        const lanes: Promise<void>[] = [];
        this.#runDetached(() => {
          for (let i = 0; i < MAX_IN_FLIGHT; i++) lanes.push(this.#sendReady(sender, stop.signal));
        });
        await Promise.all(lanes);
      } finally {
        // With a lease that is renewed for ever, no other request would send its batches.
        stopTimer(timer);
        stopInterval(lease);
      }
    } catch (error) {
      this.#diagnostics.reportFailure('send', error);
    }
  }

  /** Sends one batch after another until none is left. Never rejects. */
  async #sendReady(sender: Sender, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = this.#ready.shift();
      if (batch === undefined) return;
      try {
        await this.#send(batch, sender, signal);
      } catch (error) {
        this.#diagnostics.reportFailure('send', error);
      }
    }
  }

  async #send(batch: TriedBatch, sender: Sender, signal: AbortSignal): Promise<void> {
    const total = batch.rows.length;
    const startedAt = monotonicMs();
    const send: Send = { batch, sender };
    batch.firstTryAt ??= startedAt;
    this.#sends.add(send);
    let delivery: RowDelivery;
    try {
      delivery = checkedDelivery(await this.#transport.send(batch, { signal }), total);
    } catch (error) {
      if (!this.#sends.delete(send)) return;
      if (signal.aborted) {
        this.#requeueOrDrop(batch, error);
        return;
      }
      this.#account(batch, failedDelivery(error, total));
      return;
    }
    // The lease expired during the send; another request counts this batch.
    if (!this.#sends.delete(send)) return;
    this.#account(batch, delivery);
    if (delivery.delivered > 0) this.#onSent?.(elapsedSince(startedAt));
  }

  #account({ rows }: RowBatch, delivery: RowDelivery): void {
    this.#queue.remove(rows, this.#isShutDown ? shutDownDelivery(delivery) : delivery);
  }
}
