/**
 * The values by which lists are filtered, sorted and counted, as columns in memory: some 120 bytes for each trace. A scan of a
 * million traces takes tens of milliseconds, whatever the filter and the order are. SQLite would need an index for each
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

/** Columns of 64-bit floats: NaN is null. Texts are hashes. */
const WIDE = [
  'time',
  'pipeline',
  'name',
  'route',
  'user',
  'session',
  'models',
  'latency',
  'firstByte',
  'firstToken',
  'cost',
] as const;

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

export type WideColumn = (typeof WIDE)[number];
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

const WIDE_BYTES = WIDE.length * 8;
const FACTS_BYTES = WIDE_BYTES + NARROW.length * 4;

/** Whether the list shows the trace as failed. */
export function isFailed({ error, outcome, status }: TraceSummary): boolean {
  const isCutOff = outcome === 'error' || outcome === 'abandoned' || outcome === 'interrupted';
  return error !== null || isCutOff || (status ?? 0) >= 500;
}

/** The facts of a summary as bytes, for the index file. */
export function packFacts(summary: TraceSummary): Buffer {
  const bytes = Buffer.allocUnsafe(FACTS_BYTES);
  const wide: Record<WideColumn, number> = {
    time: summary.time,
    pipeline: hashOf(summary.pipelineId),
    name: hashOf(summary.name),
    route: hashOf(summary.route),
    user: hashOf(summary.user),
    session: hashOf(summary.session),
    models: modelsHash(summary.models),
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
  for (const [i, name] of WIDE.entries()) bytes.writeDoubleLE(wide[name], i * 8);
  for (const [i, name] of NARROW.entries()) {
    bytes.writeUInt32LE(narrow[name], WIDE_BYTES + i * 4);
  }
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

const CHUNK_SHIFT = 14;
/** Traces in one chunk. A scan checks its time limit once per chunk. */
const CHUNK_LENGTH = 1 << CHUNK_SHIFT;

/** The columns of up to `CHUNK_LENGTH` traces, in order of their numbers. */
export class Chunk {
  length = 0;
  /** Traces that are deleted. */
  deleted = 0;
  minTime = Number.POSITIVE_INFINITY;
  maxTime = Number.NEGATIVE_INFINITY;
  readonly number = new Float64Array(CHUNK_LENGTH);
  readonly wide: Readonly<Record<WideColumn, Float64Array>>;
  readonly narrow: Readonly<Record<NarrowColumn, Uint32Array>>;
  readonly #wide: readonly Float64Array[];
  readonly #narrow: readonly Uint32Array[];

  constructor() {
    this.#wide = WIDE.map(() => new Float64Array(CHUNK_LENGTH));
    this.#narrow = NARROW.map(() => new Uint32Array(CHUNK_LENGTH));
    this.wide = Object.fromEntries(WIDE.map((name, i) => [name, this.#wide[i]])) as Record<
      WideColumn,
      Float64Array
    >;
    this.narrow = Object.fromEntries(NARROW.map((name, i) => [name, this.#narrow[i]])) as Record<
      NarrowColumn,
      Uint32Array
    >;
  }

  get firstNumber(): number {
    return this.number[0] ?? 0;
  }

  get lastNumber(): number {
    return this.number[this.length - 1] ?? 0;
  }

  set(at: number, number: number, packed: DataView): void {
    this.number[at] = number;
    this.#wide.forEach((column, i) => {
      column[at] = packed.getFloat64(i * 8, true);
    });
    this.#narrow.forEach((column, i) => {
      column[at] = packed.getUint32(WIDE_BYTES + i * 4, true);
    });
    const time = this.wide.time[at] ?? 0;
    if (time < this.minTime) this.minTime = time;
    if (time > this.maxTime) this.maxTime = time;
  }

  /** The place of the trace with this number; -1 if the chunk lacks it. */
  find(number: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.number[middle] ?? 0;
      if (found === number) return middle;
      if (found < number) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
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
