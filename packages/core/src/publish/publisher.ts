/**
 * Sees rows to their fate: they wait for their batch, for its turn and for its answer. Longer than other files, since what
 * may end each of these waits (a full batch, a timer, flush, shutdown, the process) has to know of all.
 */

import { onNaturalExit } from '#platform';
import type { Diagnostics } from '../diagnostics.js';
import { monotonicMs } from '../trace/clock.js';
import { watchRejection } from '../trace/promised.js';
import { account, checked, shutDown } from './batch-fate.js';
import { LONGEST_TIMER_MS, startTimer, stopTimer, unref } from './delay.js';
import type { Ledger } from './ledger.js';
import { type BatchLimits, OpenBatches } from './open-batches.js';
import type { QueuedRow } from './row.js';
import { type Batch, type Delivery, SendError, type Transport } from './transport.js';

export interface PublisherLimits extends BatchLimits {
  /** Longest wait before a row is sent, in milliseconds. @default 1000 */
  readonly maxDelayMs: number;
  /** Bytes that wait or are under way; further rows are dropped and counted. @default 33554432 */
  readonly maxQueueBytes: number;
}

export interface PublisherOptions {
  readonly transport: Transport;
  readonly limits: PublisherLimits;
  readonly diagnostics: Diagnostics;
  /** Runs a function outside any request's scope, so that our timers and sockets hold on to none. */
  readonly outside: (fn: () => void) => void;
  readonly ledger: Ledger;
  /** Takes rows that memory has no room for, or no time: where there is a disk to keep them. */
  readonly overflow?: ((rows: readonly QueuedRow[]) => Delivery) | undefined;
  /** Is told how long each call took, in milliseconds. */
  readonly onCall?: ((ms: number) => void) | undefined;
  /** Is given the rows whose bytes nobody reads any more. */
  readonly free?: ((rows: readonly QueuedRow[]) => void) | undefined;
}

/** Sends rows on, and counts what became of them. */
export interface RowPublisher {
  /** Takes a row, or drops and counts it. */
  add(row: QueuedRow): void;
  /**
   * Takes a row whose request waits for it, and sends it at once.
   * @returns a promise that resolves when the request need not wait any more
   */
  addAlone(row: QueuedRow): Promise<void>;
  /** Every row in the queue, as it is now. */
  waiting(): Generator<QueuedRow>;
  /** Sends what waits now. Resolves when that was delivered or dropped, or at the deadline. Never rejects. */
  flush(deadlineMs: number): Promise<void>;
  /** Sends what waits and then takes nothing more. */
  shutdown(deadlineMs: number): Promise<void>;
}

/** Calls under way at a time. */
const MAX_IN_FLIGHT = 2;

/** Longest that a process which has nothing left to do is held for its last rows. */
const NATURAL_EXIT_MS = 150;

/** Longest that a row is tried that is sent by itself: a platform may hold no request for longer than 30 s. */
const ALONE_MS = 25_000;

/** A batch that waits for its turn, and who to tell of its fate. */
interface SealedBatch extends Batch {
  readonly settle: () => void;
}

export class Publisher implements RowPublisher {
  readonly #transport: Transport;
  readonly #limits: PublisherLimits;
  readonly #diagnostics: Diagnostics;
  readonly #outside: (fn: () => void) => void;
  readonly #open: OpenBatches;
  readonly #ready: SealedBatch[] = [];
  /** One promise for each sealed batch without a fate. */
  readonly #underWay = new Set<Promise<void>>();
  /** What gives up sends: that of all batches, and those of rows that are sent by themselves. */
  readonly #ledger: Ledger;
  readonly #overflow: ((rows: readonly QueuedRow[]) => Delivery) | undefined;
  readonly #sending = new Set<Batch>();
  readonly #onCall: ((ms: number) => void) | undefined;
  readonly #free: ((rows: readonly QueuedRow[]) => void) | undefined;
  readonly #stop = new AbortController();
  readonly #alone = new Set<AbortController>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #inFlight = 0;
  #shutdown: Promise<void> | undefined;
  #forgetExit: (() => void) | undefined;
  #tookLastChance = false;

  constructor(options: PublisherOptions) {
    this.#transport = options.transport;
    this.#limits = options.limits;
    this.#open = new OpenBatches(options.limits, (batch) => this.#seal(batch));
    this.#diagnostics = options.diagnostics;
    this.#outside = options.outside;
    this.#ledger = options.ledger;
    this.#overflow = options.overflow;
    this.#onCall = options.onCall;
    this.#free = options.free;
  }

  /** Takes a row, or drops and counts it. */
  add(row: QueuedRow): void {
    if (!this.#takes(row)) return;
    this.#forgetExit ??= onNaturalExit(() => this.#takeLastChance());
    this.#open.add(row);
    if (this.#timer === undefined && !this.#open.isEmpty) this.#startTimer();
  }

  /**
   * Takes a row that can wait for no other, since nothing may outlive its request, and sends it at once.
   * @returns a promise that resolves when it was delivered or dropped
   */
  addAlone(row: QueuedRow): Promise<void> {
    if (!this.#takes(row)) return Promise.resolve();
    let fate = Promise.resolve();
    this.#outside(() => {
      fate = this.#sendAlone({ layout: row.layout, rows: [row] });
    });
    this.#underWay.add(fate);
    return fate.then(() => {
      this.#underWay.delete(fate);
    });
  }

  /** Counts the row in, or sees to it that it is counted elsewhere. */
  #takes(row: QueuedRow): boolean {
    const ledger = this.#ledger;
    const size = row.bytes.byteLength;
    const isFull = ledger.queuedBytes + size > this.#limits.maxQueueBytes;
    if (isFull || this.#shutdown !== undefined) {
      this.#refuse(row);
      return false;
    }
    ledger.queued++;
    ledger.queuedBytes += size;
    return true;
  }

  /** Every row that waits for its turn, as it is now. */
  *waiting(): Generator<QueuedRow> {
    yield* this.#open.rows();
    for (const batch of this.#ready) yield* batch.rows;
    for (const batch of this.#sending) yield* batch.rows;
  }

  #refuse(queued: QueuedRow): void {
    if (this.#overflow !== undefined) {
      // It was never in the queue, and leaves none.
      this.#ledger.queued++;
      this.#ledger.queuedBytes += queued.bytes.byteLength;
      this.#account([queued], this.#overflow([queued]));
      return;
    }
    if (this.#shutdown !== undefined) {
      this.#ledger.drop('shut_down', 1);
      return;
    }
    this.#ledger.drop('queue_full', 1);
    this.#diagnostics.report(
      'warn',
      'queue_full',
      `${this.#ledger.queued} rows wait to be sent; further ones are dropped and counted until the platform takes some`,
    );
  }

  /**
   * Sends what waits now. Resolves when each row that was waiting has been delivered or dropped, or at the deadline.
   * Until then it holds the process, since nothing else of ours does.
   */
  async flush(deadlineMs: number): Promise<void> {
    if (this.#ledger.queued === 0) return;
    let hold: ReturnType<typeof setTimeout> | undefined;
    try {
      this.#sealAll();
      const deadline = new Promise<void>((resolve) => {
        hold = startTimer(resolve, Math.min(deadlineMs, LONGEST_TIMER_MS));
      });
      await Promise.race([Promise.all(this.#underWay), deadline]);
    } catch (error) {
      this.#failed('flush', error);
    }
    stopTimer(hold);
  }

  /** Sends what waits and then takes nothing more. What is not delivered at the deadline is dropped and counted. */
  shutdown(deadlineMs: number): Promise<void> {
    this.#shutdown ??= this.#end(deadlineMs);
    return this.#shutdown;
  }

  async #end(deadlineMs: number): Promise<void> {
    await this.flush(deadlineMs);
    this.#stop.abort();
    for (const stop of this.#alone) stop.abort();
    // The sends that were given up count their rows themselves.
    await this.flush(50);
    try {
      this.#leaveExit();
      const closed: unknown = this.#transport.close();
      watchRejection(closed, (error) => this.#failed('close', error));
    } catch (error) {
      this.#failed('shutdown', error);
    }
  }

  #sealAll(): void {
    try {
      this.#open.sealAll();
    } catch (error) {
      this.#failed('seal', error);
    }
    if (this.#timer !== undefined) stopTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Has a batch wait for its turn. */
  #seal(batch: Batch): void {
    const fate = new Promise<void>((settle) => {
      this.#ready.push({ ...batch, settle });
    });
    this.#underWay.add(fate);
    fate.then(() => this.#underWay.delete(fate));
    this.#outside(() => this.#pump());
  }

  #startTimer(): void {
    this.#outside(() => {
      this.#timer = unref(startTimer(() => this.#sealAll(), this.#limits.maxDelayMs));
    });
  }

  #pump(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const batch = this.#ready.shift();
      if (batch === undefined) return;
      this.#inFlight++;
      this.#send(batch, this.#stop.signal)
        .catch((error: unknown) => this.#failed('send', error))
        .finally(() => {
          this.#inFlight--;
          batch.settle();
          this.#pump();
        });
    }
  }

  async #sendAlone(batch: Batch): Promise<void> {
    const stop = new AbortController();
    this.#alone.add(stop);
    const timer = unref(startTimer(() => stop.abort(), ALONE_MS));
    try {
      await this.#send(batch, stop.signal);
    } catch (error) {
      this.#failed('send', error);
    } finally {
      stopTimer(timer);
      this.#alone.delete(stop);
    }
  }

  /** Each row of the batch is counted where it is then. */
  async #send(batch: Batch, signal: AbortSignal): Promise<void> {
    const total = batch.rows.length;
    let fate: Delivery;
    this.#sending.add(batch);
    const start = monotonicMs();
    try {
      fate = checked(await this.#transport.send(batch, { signal }), total);
    } catch (error) {
      const code = error instanceof SendError ? error.code : 'internal_error';
      fate = { delivered: 0, lost: { [signal.aborted ? 'given_up' : code]: total }, error };
    }
    this.#sending.delete(batch);
    if (fate.delivered > 0) this.#onCall?.(monotonicMs() - start);
    this.#account(batch.rows, fate);
  }

  #account(rows: readonly QueuedRow[], fate: Delivery): void {
    const isShutDown = this.#stop.signal.aborted;
    account(rows, isShutDown ? shutDown(fate) : fate, this.#ledger, this.#diagnostics);
    // What only memory has is still to be read.
    if (!fate.held) this.#free?.(rows);
    if (this.#ledger.queued === 0) this.#leaveExit();
  }

  /** Nothing waits that the end of the process could cost. */
  #leaveExit(): void {
    this.#forgetExit?.();
    this.#forgetExit = undefined;
  }

  /** What fails in a timer or in a promise that nobody awaits would end the process. */
  #failed(what: string, error: unknown): void {
    this.#diagnostics.report('error', 'internal_error', `publishing failed in ${what}`, error);
  }

  /** Nothing else is left to do in this process: one short try. */
  async #takeLastChance(): Promise<void> {
    if (this.#tookLastChance || this.#ledger.queued === 0) return;
    this.#tookLastChance = true;
    await this.flush(NATURAL_EXIT_MS);
  }
}
