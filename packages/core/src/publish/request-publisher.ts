/**
 * Publishes rows where I/O belongs to the request that began it, as on Workers: a timer, a socket or a promise of one
 * request cannot be used by another, and whatever a request has begun stops when the platform ends it.
 *
 * So nothing but rows and times is kept between requests. Each send has the timers and the AbortController of the
 * request that it is made in, which also takes along what others left behind.
 */

import type { Diagnostics } from '../diagnostics.js';
import { account, checked, shutDown } from './batch-fate.js';
import { delay, LONGEST_TIMER_MS } from './delay.js';
import type { Ledger } from './ledger.js';
import { OpenBatches } from './open-batches.js';
import type { PublisherLimits, PublisherOptions, RowPublisher } from './publisher.js';
import type { QueuedRow } from './row.js';
import { type Batch, type Delivery, SendError, type Transport } from './transport.js';

export interface RequestPublisherOptions extends PublisherOptions {
  /** Milliseconds from a batch's first try until it is dropped. */
  readonly maxElapsedMs: number;
}

/** Sends of one request at a time. */
const MAX_IN_FLIGHT = 2;

/** How long one request tries to send: the platform cancels what goes on 30 s after the response. */
const MAX_SEND_MS = 25_000;

/** While it sends, a request says so often that it still runs. */
const RENEW_MS = 1000;

/** Having said nothing for so long, it was cancelled, and what it was sending is sent by another one. */
const LEASE_MS = 5000;

/** Time between two looks at the sends of other requests. */
const POLL_MS = 20;

interface SealedBatch extends Batch {
  /** On the monotonic clock; undefined before the first try. */
  firstTryAt: number | undefined;
}

/** A request that sends, and when it was last known to run. */
interface Sender {
  aliveAt: number;
}

interface Send {
  readonly batch: SealedBatch;
  readonly sender: Sender;
}

export class RequestPublisher implements RowPublisher {
  readonly #transport: Transport;
  readonly #limits: PublisherLimits;
  readonly #maxElapsedMs: number;
  readonly #diagnostics: Diagnostics;
  readonly #outside: (fn: () => void) => void;
  readonly #ledger: Ledger;
  readonly #onCall: ((ms: number) => void) | undefined;
  readonly #free: ((rows: readonly QueuedRow[]) => void) | undefined;
  readonly #open: OpenBatches;
  /** Sealed batches that no request sends. */
  readonly #ready: SealedBatch[] = [];
  /** What requests are sending, those that were cancelled meanwhile too. */
  readonly #sends = new Set<Send>();
  #isShutDown = false;

  constructor(options: RequestPublisherOptions) {
    this.#transport = options.transport;
    this.#limits = options.limits;
    this.#maxElapsedMs = options.maxElapsedMs;
    this.#diagnostics = options.diagnostics;
    this.#outside = options.outside;
    this.#ledger = options.ledger;
    this.#onCall = options.onCall;
    this.#free = options.free;
    this.#open = new OpenBatches(options.limits, (batch) => {
      this.#ready.push({ ...batch, firstTryAt: undefined });
    });
  }

  /**
   * Takes a row, or drops and counts it. It is sent `maxDelayMs` later if its request lasts so long, else by a flush or
   * together with the row of another request.
   */
  add(row: QueuedRow): void {
    if (!this.#takes(row)) return;
    this.#open.add(row);
    // Each row has a timer of its own: the one of another request may never fire.
    this.#outside(() => {
      try {
        setTimeout(() => void this.#sendWaiting(), this.#limits.maxDelayMs);
      } catch {
        // There are no timers outside of all requests. The row waits.
      }
    });
  }

  /**
   * Takes a row and sends it at once, and what waits as well.
   * @returns a promise that resolves when the row was sent, dropped, or put back for another request
   */
  addAlone(row: QueuedRow): Promise<void> {
    if (!this.#takes(row)) return Promise.resolve();
    this.#open.add(row);
    return this.#sendWaiting();
  }

  *waiting(): Generator<QueuedRow> {
    yield* this.#open.rows();
    for (const { rows } of this.#ready) yield* rows;
    for (const { batch } of this.#sends) yield* batch.rows;
  }

  /**
   * Sends what waits, in the request that asks for it, and waits for what other requests are sending. Resolves at the
   * deadline at the latest; what is not delivered by then stays in the queue.
   */
  async flush(deadlineMs: number): Promise<void> {
    try {
      if (this.#ledger.queued === 0) return;
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), Math.min(deadlineMs, LONGEST_TIMER_MS));
      const over = new Promise<void>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([this.#flush(stop.signal), over]);
      clearTimeout(timer);
    } catch (error) {
      this.#failed('flush', error);
    }
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const others = [...this.#sends];
    await this.#sendWaiting();
    // A promise of another request may never resolve here: only what that request has counted can be looked at.
    while (others.some((send) => this.#sends.has(send)) && !signal.aborted) {
      await delay(POLL_MS, signal);
      this.#takeBack();
    }
    await this.#sendWaiting();
  }

  /** Sends what waits and then takes nothing more. What is not delivered at the deadline is dropped and counted. */
  async shutdown(deadlineMs: number): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    try {
      await this.flush(deadlineMs);
      const sends = [...this.#sends];
      // The requests that send them cannot be reached from here; what they still do counts for nothing.
      this.#sends.clear();
      for (const batch of [...this.#ready.splice(0), ...sends.map((send) => send.batch)]) {
        this.#account(batch, { delivered: 0, lost: { shut_down: batch.rows.length } });
      }
      this.#transport.close();
    } catch (error) {
      this.#failed('shutdown', error);
    }
  }

  /** Counts the row in, or as dropped. */
  #takes(row: QueuedRow): boolean {
    const ledger = this.#ledger;
    const size = row.bytes.byteLength;
    if (this.#isShutDown) {
      ledger.drop('shut_down', 1);
      return false;
    }
    this.#takeBack();
    if (ledger.queuedBytes + size > this.#limits.maxQueueBytes) {
      ledger.drop('queue_full', 1);
      this.#diagnostics.report(
        'warn',
        'queue_full',
        `${ledger.queued} rows wait to be sent; further ones are dropped and counted until the platform takes some`,
      );
      return false;
    }
    ledger.queued++;
    ledger.queuedBytes += size;
    return true;
  }

  /** Takes back the batches whose requests were cancelled before they were sent. */
  #takeBack(): void {
    const now = performance.now();
    for (const send of this.#sends) {
      if (now - send.sender.aliveAt < LEASE_MS) continue;
      this.#sends.delete(send);
      this.#putBack(
        send.batch,
        new SendError('given_up', 'the request that sent it was cancelled'),
      );
    }
  }

  /** For another request to send, unless it has been tried for too long. */
  #putBack(batch: SealedBatch, error: unknown): void {
    const triedMs = performance.now() - (batch.firstTryAt ?? Number.POSITIVE_INFINITY);
    if (triedMs < this.#maxElapsedMs && !this.#isShutDown) {
      this.#ready.push(batch);
      return;
    }
    this.#account(batch, { delivered: 0, lost: { given_up: batch.rows.length }, error });
  }

  /** Sends all that waits, in the current request. Never rejects. */
  async #sendWaiting(): Promise<void> {
    try {
      this.#takeBack();
      this.#open.sealAll();
      if (this.#ready.length === 0) return;
      const stop = new AbortController();
      const sender = { aliveAt: performance.now() };
      const timer = setTimeout(() => stop.abort(), MAX_SEND_MS);
      const lease = setInterval(() => {
        sender.aliveAt = performance.now();
      }, RENEW_MS);
      const lanes: Promise<void>[] = [];
      this.#outside(() => {
        for (let i = 0; i < MAX_IN_FLIGHT; i++) lanes.push(this.#sendReady(sender, stop.signal));
      });
      await Promise.all(lanes);
      clearTimeout(timer);
      clearInterval(lease);
    } catch (error) {
      this.#failed('send', error);
    }
  }

  /** Sends one batch after the other until none is left. */
  async #sendReady(sender: Sender, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = this.#ready.shift();
      if (batch === undefined) return;
      await this.#send(batch, sender, signal);
    }
  }

  async #send(batch: SealedBatch, sender: Sender, signal: AbortSignal): Promise<void> {
    const total = batch.rows.length;
    const startedAt = performance.now();
    const send: Send = { batch, sender };
    batch.firstTryAt ??= startedAt;
    this.#sends.add(send);
    let delivery: Delivery;
    try {
      delivery = checked(await this.#transport.send(batch, { signal }), total);
    } catch (error) {
      if (!this.#sends.delete(send)) return;
      if (signal.aborted) {
        this.#putBack(batch, error);
        return;
      }
      const code = error instanceof SendError ? error.code : 'internal_error';
      this.#account(batch, { delivered: 0, lost: { [code]: total }, error });
      return;
    }
    // It was taken for cancelled, and is counted by the request that has it now.
    if (!this.#sends.delete(send)) return;
    if (delivery.delivered > 0) this.#onCall?.(performance.now() - startedAt);
    this.#account(batch, delivery);
  }

  #account({ rows }: Batch, delivery: Delivery): void {
    const fate = this.#isShutDown ? shutDown(delivery) : delivery;
    account(rows, fate, this.#ledger, this.#diagnostics);
    this.#free?.(rows);
  }

  #failed(what: string, error: unknown): void {
    this.#diagnostics.report('error', 'internal_error', `publishing failed in ${what}`, error);
  }
}
