import { CHUNK_LENGTH, columns, DURATIONS, FLAGS, flag, NARROW, TEXTS, WIDE } from './columns.js';
import { HashColumn } from './hash-column.js';
import { bucketOf } from './histogram.js';
import { NARROW_OFFSETS, TEXT_OFFSETS, WIDE_OFFSETS } from './packed-facts.js';

/** The columns of up to `CHUNK_LENGTH` traces, in order of their numbers. */
export class Chunk {
  length = 0;
  /** Traces that are deleted. */
  deleted = 0;
  /** Counts what is written: as long as it is the same, all traces of the chunk are. */
  changes = 0;
  /** No trace began before, but the one that did may be deleted. */
  minTime = Number.POSITIVE_INFINITY;
  maxTime = Number.NEGATIVE_INFINITY;
  readonly number = new Float64Array(CHUNK_LENGTH);
  readonly wide = columns(WIDE, () => new Float64Array(CHUNK_LENGTH));
  readonly texts = columns(TEXTS, () => new HashColumn());
  readonly narrow = columns(NARROW, () => new Uint32Array(CHUNK_LENGTH));
  /** The buckets of the latency and of the time to the first token in a histogram. */
  readonly buckets = columns(DURATIONS, () => new Uint16Array(CHUNK_LENGTH));

  get firstNumber(): number {
    return this.number[0] ?? 0;
  }

  get lastNumber(): number {
    return this.number[this.length - 1] ?? 0;
  }

  set(at: number, number: number, packed: DataView): void {
    this.changes += 1;
    this.number[at] = number;
    for (const name of WIDE) this.wide[name][at] = packed.getFloat64(WIDE_OFFSETS[name], true);
    for (const name of TEXTS) this.texts[name].set(at, packed.getFloat64(TEXT_OFFSETS[name], true));
    for (const name of NARROW) this.narrow[name][at] = packed.getUint32(NARROW_OFFSETS[name], true);
    for (const name of DURATIONS) this.buckets[name][at] = bucketOf(this.wide[name][at]);
    const time = this.wide.time[at] ?? 0;
    if (time < this.minTime) this.minTime = time;
    if (time > this.maxTime) this.maxTime = time;
  }

  /** Frees what only adding needs. */
  seal(): void {
    for (const name of TEXTS) this.texts[name].seal();
  }

  /** The place of the trace with this number; -1 if the chunk lacks it. */
  find(number: number): number {
    // Where none of the numbers before it is missing.
    const first = number - this.firstNumber;
    if (first < this.length && this.number[first] === number) return first;
    const at = this.placeAfter(number - 1);
    return this.number[at] === number && at < this.length ? at : -1;
  }

  /** How many traces have this number or a lower one. */
  placeAfter(number: number): number {
    let low = 0;
    let high = this.length;
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
