/** Summaries of steps as columns: the columns of all steps of a trace, and parts of them for a response. */
import type { OtherStepFacts, StepColumns, StepSummary } from '../page-api.js';
import { stepSummary, type TimedStep } from './steps.js';

/** Approximate limit for the JSON text of a part. */
const MAX_BYTES = 6 * 1024 * 1024;
/** Approximate JSON bytes of one step in the dense columns, and of a member with its name. */
const STEP_BYTES = 50;
const MEMBER_BYTES = 30;
const CHUNK_BYTES = 10;

/** The columns of all steps of a trace. */
export function stepColumns(steps: readonly TimedStep[]): StepColumns {
  const texts = new TextPlaces();
  const traceStart = steps[0]?.start ?? 0;
  const columns = newColumns();
  for (const [index, step] of steps.entries()) {
    const summary = stepSummary(step, index, traceStart);
    columns.parent.push(summary.parent);
    columns.name.push(texts.placeOf(summary.name));
    columns.type.push(texts.placeOf(summary.type));
    columns.start.push(summary.start);
    columns.duration.push(summary.duration);
    const others = othersOf(summary, texts);
    if (others !== undefined) columns.others.push([index, others]);
  }
  return { from: 0, texts: texts.all, ...columns };
}

/**
 * `count` steps from the index `from` on. There are fewer, but at least one, if their JSON would be longer than 6 MB.
 * @param all the columns of all steps of the trace
 */
export function partOfColumns(all: StepColumns, from: number, count: number): StepColumns {
  const texts = new TextPlaces();
  const columns = newColumns();
  const end = Math.min(all.parent.length, from + count);
  const { others } = all;
  let other = firstPlaceFrom(others, from);
  let bytes = 0;
  /** The place that a text has in the part, plus 1. */
  const moved = new Uint32Array(all.texts.length);
  const placeOf = (place = -1) => {
    moved[place] ||= texts.placeOf(all.texts[place] ?? '') + 1;
    return (moved[place] ?? 0) - 1;
  };
  for (let index = from; index < end && bytes + texts.bytes < MAX_BYTES; index += 1) {
    columns.parent.push(all.parent[index] ?? -1);
    columns.name.push(placeOf(all.name[index]));
    columns.type.push(placeOf(all.type[index]));
    columns.start.push(all.start[index] ?? null);
    columns.duration.push(all.duration[index] ?? null);
    bytes += STEP_BYTES;
    const [place, facts] = others[other] ?? [];
    if (place !== index || facts === undefined) continue;
    other += 1;
    const own: Mutable<OtherStepFacts> = { ...facts };
    for (const name of TEXTS) {
      if (own[name] !== undefined) own[name] = placeOf(own[name]);
    }
    columns.others.push([index - from, own]);
    bytes += Object.keys(own).length * MEMBER_BYTES + (own.chunks?.length ?? 0) * CHUNK_BYTES;
  }
  return { from, texts: texts.all, ...columns };
}

/** The summaries of the first `count` steps. */
export function firstSummaries(all: StepColumns, count: number): readonly StepSummary[] {
  const summaries: StepSummary[] = [];
  let other = 0;
  for (let index = 0; index < Math.min(count, all.parent.length); index += 1) {
    const parent = all.parent[index] ?? -1;
    const [place, facts] = all.others[other] ?? [];
    const own = place === index ? facts : undefined;
    if (own !== undefined) other += 1;
    summaries.push({
      index,
      parent,
      depth: parent < 0 ? 0 : (summaries[parent]?.depth ?? 0) + 1,
      name: textAt(all, all.name[index]) ?? '',
      type: textAt(all, all.type[index]) ?? '',
      start: all.start[index] ?? null,
      duration: all.duration[index] ?? null,
      firstToken: own?.firstToken ?? null,
      chunks: own?.chunks ?? [],
      chunkCount: own?.chunkCount ?? null,
      model: textAt(all, own?.model),
      provider: textAt(all, own?.provider),
      promptTokens: own?.promptTokens ?? null,
      completionTokens: own?.completionTokens ?? null,
      tokens: own?.tokens ?? null,
      cost: own?.cost ?? null,
      error: textAt(all, own?.error),
      isUnfinished: own?.isUnfinished ?? false,
      problem: own?.problem ?? null,
    });
  }
  return summaries;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function newColumns() {
  return {
    parent: [] as number[],
    name: [] as number[],
    type: [] as number[],
    start: [] as (number | null)[],
    duration: [] as (number | null)[],
    others: [] as [number, OtherStepFacts][],
  };
}

/** Each text once, with its place among them. */
class TextPlaces {
  readonly #places = new Map<string, number>();
  /** Approximate JSON bytes of the texts. */
  bytes = 0;

  placeOf(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(text, place);
    this.bytes += JSON.stringify(text).length + 1;
    return place;
  }

  get all(): readonly string[] {
    return [...this.#places.keys()];
  }
}

function textAt({ texts }: StepColumns, place: number | undefined): string | null {
  return place === undefined ? null : (texts[place] ?? null);
}

/** Index of the first entry whose step is `from` or a later one. */
function firstPlaceFrom(others: StepColumns['others'], from: number): number {
  let [low, high] = [0, others.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((others[middle]?.[0] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The facts that most steps lack; undefined if the step lacks them all. */
function othersOf(summary: StepSummary, texts: TextPlaces): OtherStepFacts | undefined {
  const others: Mutable<OtherStepFacts> = {};
  for (const name of NUMBERS) if (summary[name] !== null) others[name] = summary[name];
  for (const name of TEXTS) if (summary[name] !== null) others[name] = texts.placeOf(summary[name]);
  if (summary.chunks.length > 0) others.chunks = summary.chunks;
  if (summary.isUnfinished) others.isUnfinished = true;
  if (summary.problem !== null) others.problem = summary.problem;
  for (const _ in others) return others;
  return undefined;
}

const NUMBERS = [
  'firstToken',
  'chunkCount',
  'promptTokens',
  'completionTokens',
  'tokens',
  'cost',
] as const;
const TEXTS = ['model', 'provider', 'error'] as const;
