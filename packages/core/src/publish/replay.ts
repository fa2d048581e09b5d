/** Sends what waits on disk, oldest first, and no faster than a platform that has just recovered can bear. */

import { publishRows } from '#platform';
import { monotonicMs } from '../trace/clock.js';
import { paceOf, type RetryPolicy, waitBefore } from './backoff.js';
import { delay, startTimer, stopTimer, unref } from './delay.js';
import type { QueuedRow } from './row.js';
import type { Replayable, Spool } from './spool/spool.js';
import { type Batch, type Delivery, SendError, type Transport } from './transport.js';

export interface ReplayOptions {
  readonly spool: Spool;
  readonly transport: Transport;
  readonly policy: RetryPolicy;
  readonly maxBatchRows: number;
  readonly outside: (fn: () => void) => void;
  readonly failed: (error: unknown) => void;
  readonly random?: (() => number) | undefined;
}

/** How often it is looked for what processes have left behind that died meanwhile. */
const LOOK_MS = 15_000;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due. */
  #due = Number.POSITIVE_INFINITY;
  #failures = 0;
  #isIdle = false;
  #isRetired = false;
  #notBefore = 0;
  #running: Promise<void> | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    options.spool.onKept = () => this.#wakeIn(options.policy.baseMs * this.#random());
  }

  /** Begins soon: not all processes of a machine that starts look at once. */
  start(): void {
    this.#wakeIn((this.#options.policy.baseMs / 4) * (1 + this.#random()));
  }

  /** Whether it has looked and found nothing. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Tries in a row that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Whatever kept rows from being taken is over. */
  hurry(): void {
    this.#failures = 0;
    this.#notBefore = 0;
    this.#wakeIn(0);
  }

  /** Looks no longer for what other processes have left behind, once all that it has found is sent. */
  retire(): void {
    this.#isRetired = true;
    if (!this.#isIdle || this.#running !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Gives up what is under way. */
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
    this.#options.outside(() => {
      this.#timer = unref(startTimer(() => this.#wake(), Math.max(at - monotonicMs(), 0)));
    });
  }

  #wake(): void {
    this.#timer = undefined;
    this.#running = this.#run()
      .catch((error: unknown) => {
        this.#options.failed(error);
        return LOOK_MS;
      })
      .then((waitMs) => {
        this.#running = undefined;
        if (!this.#isRetired || !this.#isIdle) this.#wakeIn(waitMs);
      });
  }

  /** @returns how long to wait before it goes on */
  async #run(): Promise<number> {
    const { spool, policy } = this.#options;
    await spool.adopt();
    const batch = await spool.next();
    this.#isIdle = batch === undefined;
    if (batch === undefined) return LOOK_MS * (0.5 + this.#random());
    let error: unknown;
    for (const each of batchesOf(batch.rows, this.#options.maxBatchRows)) {
      if (error !== undefined) {
        this.#account(spool.keepAll(each.rows, error), each, batch);
        continue;
      }
      error = await this.#send(each, batch);
      if (error === undefined) await delay(paceOf(policy), this.#stop.signal);
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

  /** @returns why rows have to wait on */
  async #send(batch: Batch, from: Replayable): Promise<unknown> {
    let delivery: Delivery;
    try {
      delivery = await this.#options.transport.send(batch, { signal: this.#stop.signal });
    } catch (error) {
      delivery = this.#options.spool.keepAll(batch.rows, error);
    }
    return this.#account(delivery, batch, from);
  }

  #account(delivery: Delivery, batch: Batch, { ledger, isFromMemory }: Replayable): unknown {
    const { delivered, spooled = 0, held = 0, quarantined = 0, lost } = delivery;
    const total = batch.rows.length;
    if (isFromMemory) {
      ledger.queued -= total - held;
      for (const row of batch.rows) ledger.queuedBytes -= row.bytes.byteLength;
    } else {
      ledger.spooled -= total - held;
    }
    ledger.published += delivered;
    ledger.spooled += spooled;
    ledger.quarantined += quarantined;
    for (const [reason, count] of Object.entries(lost)) ledger.drop(reason, count);
    publishRows({ published: delivered, spooled, quarantined, dropped: lost });
    return spooled + held > 0 ? (delivery.error ?? new Error('rows wait on')) : undefined;
  }
}

/** Rows of one layout, none of them twice, in the order in which they came. */
export function batchesOf(rows: readonly QueuedRow[], maxRows: number): readonly Batch[] {
  const batches: { layout: string; rows: QueuedRow[]; ids: Set<string> }[] = [];
  for (const row of rows) {
    let batch = batches.findLast(({ layout }) => layout === row.layout);
    if (batch === undefined || batch.rows.length >= maxRows || batch.ids.has(row.inferenceId)) {
      batch = { layout: row.layout, rows: [], ids: new Set() };
      batches.push(batch);
    }
    batch.rows.push(row);
    batch.ids.add(row.inferenceId);
  }
  return batches;
}
