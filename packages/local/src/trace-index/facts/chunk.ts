import { Column } from './column.js';
import {
  CHUNK_LENGTH,
  COUNTS,
  columns,
  DURATIONS,
  FLAGS,
  flag,
  NO_COUNT,
  TEXTS,
  WIDE,
} from './columns.js';
import { HashColumn } from './hash-column.js';
import { bucketOf } from './histogram.js';
import { NARROW_OFFSETS, TEXT_OFFSETS, WIDE_OFFSETS } from './packed-facts.js';

const makeFloats = () => new Float64Array(CHUNK_LENGTH);
const makeCounts = () => new Uint32Array(CHUNK_LENGTH);
const unpackedFloats = columns(WIDE, makeFloats);
const unpackedCounts = columns(COUNTS, makeCounts);

/** The columns of up to `CHUNK_LENGTH` traces, in order of their numbers. */
export class Chunk {
  #length = 0;
  #deleted = 0;
  #changes = 0;
  #minTime = Number.POSITIVE_INFINITY;
  #maxTime = Number.NEGATIVE_INFINITY;
  #firstNumber = 0;
  /** The numbers of the traces; undefined while none is missing between the first and the last. */
  #numbers: Float64Array | undefined;
  readonly wide = columns(WIDE, (name) => new Column(makeFloats, unpackedFloats[name], Number.NaN));
  readonly texts = columns(TEXTS, () => new HashColumn());
  readonly counts = columns(
    COUNTS,
    (name) => new Column(makeCounts, unpackedCounts[name], NO_COUNT),
  );
  /** The bits of `FLAGS`. */
  readonly flags = new Uint32Array(CHUNK_LENGTH);
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
    return this.#firstNumber;
  }

  get lastNumber(): number {
    return this.#length === 0 ? 0 : this.numberAt(this.#length - 1);
  }

  /** The number of the trace at an index. */
  numberAt(at: number): number {
    return this.#numbers ? (this.#numbers[at] ?? 0) : this.#firstNumber + at;
  }

  /** Adds a trace behind the others. */
  append(number: number, packed: DataView): void {
    if (this.#length === 0) this.#firstNumber = number;
    else if (!this.#numbers && number !== this.#firstNumber + this.#length) {
      this.#numbers = Float64Array.from(
        { length: CHUNK_LENGTH },
        (_, at) => this.#firstNumber + at,
      );
    }
    if (this.#numbers) this.#numbers[this.#length] = number;
    this.replace(this.#length, packed);
    this.#length += 1;
  }

  /** Replaces the facts of the trace at an index. */
  replace(at: number, packed: DataView): void {
    this.#changes += 1;
    for (const name of WIDE) this.wide[name].set(at, packed.getFloat64(WIDE_OFFSETS[name], true));
    for (const name of TEXTS) this.texts[name].set(at, packed.getFloat64(TEXT_OFFSETS[name], true));
    for (const name of COUNTS)
      this.counts[name].set(at, packed.getUint32(NARROW_OFFSETS[name], true));
    this.flags[at] = packed.getUint32(NARROW_OFFSETS.flags, true);
    for (const name of DURATIONS) this.buckets[name][at] = bucketOf(this.wide[name].at(at));
    const time = this.wide.time.at(at);
    if (time < this.#minTime) this.#minTime = time;
    if (time > this.#maxTime) this.#maxTime = time;
  }

  /** @returns whether the trace was not deleted before */
  markDeleted(at: number): boolean {
    if (this.isDeleted(at)) return false;
    this.flags[at] = (this.flags[at] ?? 0) | (1 << FLAGS.deleted.shift);
    this.#deleted += 1;
    this.#changes += 1;
    return true;
  }

  /** Frees what only adding needs, once the chunk is full. */
  seal(): void {
    for (const name of WIDE) this.wide[name].seal();
    for (const name of COUNTS) this.counts[name].seal();
    for (const name of TEXTS) this.texts[name].seal();
  }

  /** The index of the trace with this number; -1 if the chunk lacks it. */
  find(number: number): number {
    // Where none of the numbers before it is missing.
    const first = number - this.firstNumber;
    if (first >= 0 && first < this.#length && this.numberAt(first) === number) return first;
    const at = this.countUpTo(number - 1);
    return at < this.#length && this.numberAt(at) === number ? at : -1;
  }

  /** How many traces have this number or a lower one. */
  countUpTo(number: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.numberAt(middle) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isDeleted(at: number): boolean {
    return flag(this.flags[at] ?? 0, FLAGS.deleted) === 1;
  }
}
