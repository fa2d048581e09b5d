import type { Measures } from '../page-api.js';
import { knownValue } from '../trace-index/facts/columns.js';
import { addKnown, longer } from '../trace-index/facts/float-columns.js';
import { emptyHistogram, quantileOf } from '../trace-index/facts/histogram.js';
import { type ChunkMeasures, SUM, SUMS } from './chunk-measures.js';

/** The measures of all traces of each bucket of time, or of each group: sums of those of their chunks. */
export class TotalMeasures {
  #sums = new Float64Array(0);
  /** Only of those with a known duration: each takes 6 KB. */
  readonly #latencies: (Uint32Array | undefined)[] = [];
  readonly #firstTokens: (Uint32Array | undefined)[] = [];

  /** Adds the measures that a chunk has for the key at the index `from` to the measures at the index `to`. */
  add(to: number, { sums, durations, ends }: ChunkMeasures, from: number): void {
    this.#extendTo(to + 1);
    for (let sum = 0; sum < SUMS; sum += 1) {
      addKnown(this.#sums, to * SUMS + sum, sums[from * SUMS + sum] ?? Number.NaN);
    }
    const start = ends[2 * from - 1] ?? 0;
    const middle = ends[2 * from] ?? 0;
    addDurations(this.#latencies, to, durations.subarray(start, middle));
    addDurations(this.#firstTokens, to, durations.subarray(middle, ends[2 * from + 1]));
  }

  /** The requests of the bucket or group at the index. */
  requests(index: number): number {
    return this.#sum(index, SUM.requests) ?? 0;
  }

  /** The measures of the bucket or group at the index. */
  of(index: number): Measures {
    const latency = this.#latencies[index] ?? NO_DURATIONS;
    const firstToken = this.#firstTokens[index] ?? NO_DURATIONS;
    return {
      requests: this.requests(index),
      errors: this.#sum(index, SUM.errors) ?? 0,
      aborts: this.#sum(index, SUM.aborts) ?? 0,
      failedAborts: this.#sum(index, SUM.failedAborts) ?? 0,
      p50: quantileOf(latency, 0.5),
      p95: quantileOf(latency, 0.95),
      p99: quantileOf(latency, 0.99),
      firstTokenP50: quantileOf(firstToken, 0.5),
      firstTokenP95: quantileOf(firstToken, 0.95),
      promptTokens: this.#sum(index, SUM.promptTokens),
      completionTokens: this.#sum(index, SUM.completionTokens),
      cost: this.#sum(index, SUM.cost),
      wastedTokens: this.#sum(index, SUM.wastedTokens),
    };
  }

  #sum(index: number, sum: number): number | null {
    return knownValue(this.#sums[index * SUMS + sum]);
  }

  #extendTo(count: number): void {
    const before = this.#sums.length;
    if (count * SUMS <= before) return;
    this.#sums = longer(this.#sums, 2 * count * SUMS).fill(Number.NaN, before);
  }
}

/** Adds durations to the histogram at the index. */
function addDurations(
  histograms: (Uint32Array | undefined)[],
  index: number,
  durations: Uint32Array,
): void {
  if (durations.length === 0) return;
  histograms[index] ??= emptyHistogram();
  const counts = histograms[index];
  for (const entry of durations) {
    const bucket = entry >>> 16;
    counts[bucket] = (counts[bucket] ?? 0) + (entry & 0xffff);
  }
}

const NO_DURATIONS = emptyHistogram();
