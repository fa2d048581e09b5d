/** Counts the rows by where they are: each row is counted in one place at any instant. */

import type { DropReason } from '../transport/drop-reason.js';
import type { Delivery } from '../transport/user-transport.js';

/** Counts of rows. */
export class Ledger {
  #published = 0;
  #queued = 0;
  #queuedBytes = 0;
  #spooled = 0;
  #quarantined = 0;
  /** Rows that were deleted from the quarantine before their delivery was counted. */
  #deletedEarly = 0;
  readonly #dropped = new Map<DropReason, number>();

  /** Rows that the platform has. */
  get published(): number {
    return this.#published;
  }

  /** Rows in memory: they wait or are being sent. */
  get queued(): number {
    return this.#queued;
  }

  /** Bytes of the queued rows, without those that wait in memory in place of a disk. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Rows on disk and not in memory. */
  get spooled(): number {
    return this.#spooled;
  }

  /** Rows that the platform refused, kept on disk. */
  get quarantined(): number {
    return this.#quarantined;
  }

  /** Rows that were dropped, by reason. */
  get dropped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#dropped);
  }

  /** Counts a row that was put into the queue. */
  queue(bytes: number): void {
    this.#queued++;
    this.#queuedBytes += bytes;
  }

  /** Counts the bytes of a queued row again after it could not be written to disk. */
  requeueFromMemory(bytes: number): void {
    this.#queuedBytes += bytes;
  }

  /** Counts rows that are on disk. */
  spool(count: number): void {
    this.#spooled += count;
  }

  /** No longer counts rows whose segment was released: the process that adopts it counts them. */
  releaseSpooled(count: number): void {
    this.#spooled -= count;
  }

  /** Counts rows as dropped that were not counted before. */
  drop(reason: DropReason, count: number): void {
    if (count > 0) this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }

  /** Counts rows as dropped that were on disk. */
  dropSpooled(reason: DropReason, count: number): void {
    this.#spooled -= count;
    this.drop(reason, count);
  }

  /** Counts rows as dropped that were deleted from the quarantine. */
  dropQuarantined(count: number): void {
    const counted = Math.min(count, this.#quarantined);
    this.#quarantined -= counted;
    this.#deletedEarly += count - counted;
    this.drop('spool_full', counted);
  }

  /**
   * Moves the rows of a batch to where they are now.
   * @param from where they were counted before
   */
  move(
    from: 'queued' | 'spooled',
    rows: readonly { readonly byteLength: number }[],
    { delivered, spooled = 0, quarantined = 0, held = 0, lost }: Delivery,
  ): void {
    // Rows that could not be written to disk count as queued; the spool counts their bytes.
    this.#queued += held;
    if (from === 'queued') {
      this.#queued -= rows.length;
      for (const row of rows) this.#queuedBytes -= row.byteLength;
    } else {
      this.#spooled -= rows.length;
    }
    this.#published += delivered;
    this.#spooled += spooled;
    this.#quarantined += quarantined;
    if (this.#deletedEarly > 0) {
      const count = this.#deletedEarly;
      this.#deletedEarly = 0;
      this.dropQuarantined(count);
    }
    // A transport of the app's own may name reasons of its own.
    for (const [reason, count] of Object.entries(lost)) this.drop(reason as DropReason, count);
  }
}
