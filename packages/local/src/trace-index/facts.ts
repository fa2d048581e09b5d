/**
 * The values by which lists are filtered, sorted and counted, as columns in memory: some 90 bytes for each trace. A scan of a
 * million traces takes a few milliseconds, whatever the filter and the order are. SQLite would need an index for each
 * combination of a filter and an order: each would make inserts slower, and without one a scan takes a second.
 */

import {
  DIALECTS,
  type Feedback,
  MARKS,
  OUTCOMES,
  type Outcome,
  type TraceSummary,
} from '../page-api.js';
import { hashOf } from './hash.js';
import { bucketOf } from './histogram.js';

/** Columns of 64-bit floats: NaN is null. */
const WIDE = ['time', 'latency', 'firstByte', 'firstToken', 'cost'] as const;

/** Columns of texts, of which only the hashes are kept: 0 is null. */
const TEXTS = ['pipeline', 'name', 'route', 'user', 'session', 'models'] as const;

/** Columns of 32-bit integers: `NO_COUNT` is null. */
const NARROW = [
  'tokens',
  'promptTokens',
  'completionTokens',
  'steps',
  'bytes',
  'status',
  'flags',
] as const;

/** Durations whose quantiles are shown. */
const DURATIONS = ['latency', 'firstToken'] as const;

export type WideColumn = (typeof WIDE)[number];
export type TextColumn = (typeof TEXTS)[number];
export type NarrowColumn = (typeof NARROW)[number];

/** Stands for null in a narrow column. */
export const NO_COUNT = 0xffffffff;

/** The value in a narrow column; null if it is unknown. */
export function knownCount(count = NO_COUNT): number | null {
  return count === NO_COUNT ? null : count;
}

/** The value in a wide column of numbers; null if it is unknown. */
export function knownValue(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value;
}

/** Outcomes by their code in `flags`. */
export const OUTCOME_CODES: readonly (Outcome | null)[] = [null, ...OUTCOMES];

/** The bits of each fact in `flags`. */
export const FLAGS = {
  outcome: { shift: 0, mask: 7 },
  dialect: { shift: 3, mask: 7 },
  marks: { shift: 6, mask: 255 },
  /** 0 none, 1 neither praise nor blame, 2 positive, 3 negative. */
  feedback: { shift: 14, mask: 3 },
  failed: { shift: 16, mask: 1 },
  deleted: { shift: 17, mask: 1 },
} as const;

/** The value of one fact in `flags`. */
export function flag(flags: number, { shift, mask }: { shift: number; mask: number }): number {
  return (flags >>> shift) & mask;
}

/** The packed facts of a trace: the 64-bit values in this order, then the narrow columns. */
const PACKED = [
  ...['time', 'pipeline', 'name', 'route', 'user', 'session', 'models'],
  ...['latency', 'firstByte', 'firstToken', 'cost'],
];
const NARROW_OFFSET = PACKED.length * 8;
const FACTS_BYTES = NARROW_OFFSET + NARROW.length * 4;
const WIDE_OFFSETS = columns(WIDE, (name) => PACKED.indexOf(name) * 8);
const TEXT_OFFSETS = columns(TEXTS, (name) => PACKED.indexOf(name) * 8);
const NARROW_OFFSETS = columns(NARROW, (_, i) => NARROW_OFFSET + i * 4);

/** An object with a member for each name. */
function columns<K extends string, T>(
  names: readonly K[],
  make: (name: K, i: number) => T,
): Readonly<Record<K, T>> {
  return Object.fromEntries(names.map((name, i) => [name, make(name, i)])) as Record<K, T>;
}

/** Whether the list shows the trace as failed. */
export function isFailed({ error, outcome, status }: TraceSummary): boolean {
  const isCutOff = outcome === 'error' || outcome === 'abandoned' || outcome === 'interrupted';
  return error !== null || isCutOff || (status ?? 0) >= 500;
}

/** The facts of a summary as bytes, for the index file. */
export function packFacts(summary: TraceSummary): Buffer {
  const bytes = Buffer.allocUnsafe(FACTS_BYTES);
  const texts: Record<TextColumn, number> = {
    pipeline: hashOf(summary.pipelineId),
    name: hashOf(summary.name),
    route: hashOf(summary.route),
    user: hashOf(summary.user),
    session: hashOf(summary.session),
    models: modelsHash(summary.models),
  };
  const wide: Record<WideColumn, number> = {
    time: summary.time,
    latency: summary.latency ?? Number.NaN,
    firstByte: summary.firstByte ?? Number.NaN,
    firstToken: summary.firstToken ?? Number.NaN,
    cost: summary.cost ?? Number.NaN,
  };
  const narrow: Record<NarrowColumn, number> = {
    tokens: summary.tokens ?? NO_COUNT,
    promptTokens: summary.promptTokens ?? NO_COUNT,
    completionTokens: summary.completionTokens ?? NO_COUNT,
    steps: summary.steps,
    bytes: summary.bytes,
    status: summary.status ?? NO_COUNT,
    flags: flagsOf(summary),
  };
  for (const name of WIDE) bytes.writeDoubleLE(wide[name], WIDE_OFFSETS[name]);
  for (const name of TEXTS) bytes.writeDoubleLE(texts[name], TEXT_OFFSETS[name]);
  for (const name of NARROW) bytes.writeUInt32LE(narrow[name], NARROW_OFFSETS[name]);
  return bytes;
}

/** The hash of a list of models: the value of the column, and the key of the list in the index. */
export function modelsHash(models: readonly string[]): number {
  return models.length === 0 ? 0 : hashOf(JSON.stringify(models));
}

function flagsOf(summary: TraceSummary): number {
  const { outcome, dialect, marks, feedback } = summary;
  return (
    (OUTCOME_CODES.indexOf(outcome) << FLAGS.outcome.shift) |
    (DIALECTS.indexOf(dialect) << FLAGS.dialect.shift) |
    (marks.reduce((bits, mark) => bits | (1 << MARKS.indexOf(mark)), 0) << FLAGS.marks.shift) |
    (feedbackFlag(feedback) << FLAGS.feedback.shift) |
    (Number(isFailed(summary)) << FLAGS.failed.shift)
  );
}

function feedbackFlag(feedback: Feedback | null): number {
  if (feedback === null) return 0;
  if (feedback.isPositive === null) return 1;
  return feedback.isPositive ? 2 : 3;
}

/** Traces in one chunk. A scan checks its time limit once per chunk. */
export const CHUNK_LENGTH = 16_384;

/** One column of texts of a chunk: each hash once, and for each trace the code of its own, which is the hash's place. */
export class HashColumn {
  readonly codes = new Uint16Array(CHUNK_LENGTH);
  #hashes: number[] = [];
  /** The codes by their hashes, while traces are added. */
  #codes: Map<number, number> | undefined = new Map();

  /** The hashes by their codes. Some may be of no trace any more. */
  get hashes(): readonly number[] {
    return this.#hashes;
  }

  /** The code of a hash; -1 if no trace of the chunk has it. */
  codeOf(hash: number): number {
    return this.#codes ? (this.#codes.get(hash) ?? -1) : this.#hashes.indexOf(hash);
  }

  set(at: number, hash: number): void {
    let code = this.codeOf(hash);
    if (code < 0) {
      if (this.#hashes.length > MAX_CODE) this.#removeUnused();
      code = this.#hashes.length;
      this.#hashes.push(hash);
      this.#codes?.set(hash, code);
    }
    this.codes[at] = code;
  }

  /** Frees what only adding needs. */
  seal(): void {
    this.#codes = undefined;
  }

  #removeUnused(): void {
    const before = this.#hashes;
    const codes = new Map<number, number>();
    for (const [at, code] of this.codes.entries()) {
      const hash = before[code] ?? 0;
      const known = codes.get(hash) ?? codes.size;
      codes.set(hash, known);
      this.codes[at] = known;
    }
    this.#hashes = [...codes.keys()];
    if (this.#codes) this.#codes = codes;
  }
}

const MAX_CODE = 0xffff;

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

/** The columns of all traces. */
export class Facts {
  /** Oldest first. */
  readonly #chunks: Chunk[] = [];
  #count = 0;

  /** Number of traces that are not deleted. */
  get count(): number {
    return this.#count;
  }

  /**
   * The chunks as they are now, oldest first. A copy: a scan pauses between two chunks, and the first ones may be deleted
   * meanwhile.
   */
  get chunks(): Chunk[] {
    return [...this.#chunks];
  }

  /** The highest number that was added. */
  get newest(): number {
    return this.#chunks.at(-1)?.lastNumber ?? 0;
  }

  /** Adds a trace; numbers come in increasing order. */
  add(number: number, packed: DataView): void {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.length === CHUNK_LENGTH) {
      chunk?.seal();
      chunk = new Chunk();
      this.#chunks.push(chunk);
    }
    chunk.set(chunk.length, number, packed);
    chunk.length += 1;
    this.#count += 1;
  }

  /** Replaces the facts of a trace that was added. */
  replace(number: number, packed: DataView): void {
    const [chunk, at] = this.find(number);
    if (chunk && !chunk.isDeleted(at)) chunk.set(at, number, packed);
  }

  remove(number: number): void {
    const [chunk, at] = this.find(number);
    if (!chunk) return;
    this.#remove(chunk, at);
    // The last chunk stays, since it has the newest number.
    const isEmpty = chunk.deleted === chunk.length && chunk !== this.#chunks.at(-1);
    if (isEmpty) this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
  }

  #remove(chunk: Chunk, at: number): void {
    if (chunk.isDeleted(at)) return;
    const { flags } = chunk.narrow;
    flags[at] = (flags[at] ?? 0) | (1 << FLAGS.deleted.shift);
    chunk.deleted += 1;
    chunk.changes += 1;
    this.#count -= 1;
  }

  /** Removes all traces up to this number. */
  removeUpTo(number: number): void {
    while (this.#chunks.length > 1) {
      const [oldest] = this.#chunks;
      if (!oldest || oldest.lastNumber > number) break;
      this.#count -= oldest.length - oldest.deleted;
      this.#chunks.shift();
    }
    const [oldest] = this.#chunks;
    if (!oldest) return;
    for (let at = 0; at < oldest.length && (oldest.number[at] ?? 0) <= number; at += 1) {
      this.#remove(oldest, at);
    }
  }

  /** The chunk of a trace and its place there, `[undefined, -1]` if it is not known. */
  find(number: number): readonly [chunk: Chunk | undefined, at: number] {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle];
      if (!chunk) break;
      if (number < chunk.firstNumber) high = middle - 1;
      else if (number > chunk.lastNumber) low = middle + 1;
      else {
        const at = chunk.find(number);
        return at < 0 ? [undefined, -1] : [chunk, at];
      }
    }
    return [undefined, -1];
  }
}
