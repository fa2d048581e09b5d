import { CHUNK_LENGTH, columns, DURATIONS, FLAGS, flag, NARROW, TEXTS, WIDE } from './columns.js';
import { HashColumn } from './hash-column.js';
import { bucketOf } from './histogram.js';
import { NARROW_OFFSETS, TEXT_OFFSETS, WIDE_OFFSETS } from './packed-facts.js';

/** The columns of up to `CHUNK_LENGTH` traces, in order of their numbers. */
export class Chunk {
  #length = 0;
  #deleted = 0;
  #changes = 0;
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;
  readonly number = new Float64Array(CHUNK_LENGTH);
  readonly wide = columns(WIDE, () => new Float64Array(CHUNK_LENGTH));
  readonly texts = columns(TEXTS, () => new HashColumn());
  readonly narrow = columns(NARROW, () => new Uint32Array(CHUNK_LENGTH));
  /** The buckets of the latency and of the time to the first token in a histogram. */
  readonly buckets = columns(DURATIONS, () => new Uint16Array(CHUNK_LENGTH));

  /** Number of traces, deleted ones included. */
  get length(): number {
    return this.#length;
  }

  /** Number of deleted traces. */
  get deleted(): number {
    return this.#deleted;
  }

  /** Incremented by each write: if it is equal, no trace of the chunk has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** A lower bound of the times: the trace that began then may be deleted. */
  get minTime(): number {
    return this.#minTime;
  }

  /** An upper bound of the times. */
  get maxTime(): number {
    return this.#maxTime;
  }

  get firstNumber(): number {
    return this.number[0] ?? 0;
  }

  get lastNumber(): number {
    return this.number[this.#length - 1] ?? 0;
  }

  /** Adds a trace behind the others. */
  append(number: number, packed: DataView): void {
    this.number[this.#length] = number;
    this.replace(this.#length, packed);
    this.#length += 1;
  }

  /** Replaces the facts of the trace at an index. */
  replace(at: number, packed: DataView): void {
    this.#changes += 1;
    for (const name of WIDE) this.wide[name][at] = packed.getFloat64(WIDE_OFFSETS[name], true);
    for (const name of TEXTS) this.texts[name].set(at, packed.getFloat64(TEXT_OFFSETS[name], true));
    for (const name of NARROW) this.narrow[name][at] = packed.getUint32(NARROW_OFFSETS[name], true);
    for (const name of DURATIONS) this.buckets[name][at] = bucketOf(this.wide[name][at]);
    const time = this.wide.time[at] ?? 0;
    if (time < this.#minTime) this.#minTime = time;
    if (time > this.#maxTime) this.#maxTime = time;
  }

  /** @returns whether the trace was not deleted before */
  markDeleted(at: number): boolean {
    if (this.isDeleted(at)) return false;
    const { flags } = this.narrow;
    flags[at] = (flags[at] ?? 0) | (1 << FLAGS.deleted.shift);
    this.#deleted += 1;
    this.#changes += 1;
    return true;
  }

  /** Frees what only adding needs. */
  seal(): void {
    for (const name of TEXTS) this.texts[name].seal();
  }

  /** The index of the trace with this number; -1 if the chunk lacks it. */
  find(number: number): number {
    // Where none of the numbers before it is missing.
    const first = number - this.firstNumber;
    if (first < this.#length && this.number[first] === number) return first;
    const at = this.countUpTo(number - 1);
    return this.number[at] === number && at < this.#length ? at : -1;
  }

  /** How many traces have this number or a lower one. */
  countUpTo(number: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.number[middle] ?? 0) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isDeleted(at: number): boolean {
    return flag(this.narrow.flags[at] ?? 0, FLAGS.deleted) === 1;
  }
}
