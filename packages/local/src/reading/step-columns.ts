import type { OtherStepFacts, StepColumns, StepSummary } from '../page-api.js';
import { stepSummary, type TimedStep } from './steps.js';

/** Approximate limit for the JSON text. */
const MAX_BYTES = 6 * 1024 * 1024;
/** Approximate JSON bytes of one step in the dense columns, and of a member with its name. */
const STEP_BYTES = 50;
const MEMBER_BYTES = 30;
const CHUNK_BYTES = 10;

/**
 * The summaries of `count` steps from the index `from` on as columns. There are fewer, but at least one, if their JSON would
 * be longer than 6 MB.
 */
export function stepColumns(
  steps: readonly TimedStep[],
  from: number,
  count: number,
  traceStart: number,
): StepColumns {
  const places = new Map<string, number>();
  let bytes = 0;
  const placeOf = (text: string) => {
    const known = places.get(text);
    if (known !== undefined) return known;
    const place = places.size;
    places.set(text, place);
    bytes += JSON.stringify(text).length + 1;
    return place;
  };
  const columns = {
    parent: [] as number[],
    name: [] as number[],
    type: [] as number[],
    start: [] as (number | null)[],
    duration: [] as (number | null)[],
    others: [] as [number, OtherStepFacts][],
  };
  const end = Math.min(steps.length, from + count);
  for (let index = from; index < end && bytes < MAX_BYTES; index += 1) {
    const step = steps[index];
    if (!step) break;
    const summary = stepSummary(step, index, traceStart);
    columns.parent.push(summary.parent);
    columns.name.push(placeOf(summary.name));
    columns.type.push(placeOf(summary.type));
    columns.start.push(summary.start);
    columns.duration.push(summary.duration);
    const others = othersOf(summary, placeOf);
    const members = Object.keys(others).length;
    if (members > 0) columns.others.push([index - from, others]);
    bytes += STEP_BYTES + members * MEMBER_BYTES + summary.chunks.length * CHUNK_BYTES;
  }
  return { from, texts: [...places.keys()], ...columns };
}

function othersOf(summary: StepSummary, placeOf: (text: string) => number): OtherStepFacts {
  const others: { -readonly [K in keyof OtherStepFacts]: OtherStepFacts[K] } = {};
  for (const name of [
    'firstToken',
    'promptTokens',
    'completionTokens',
    'tokens',
    'cost',
  ] as const) {
    if (summary[name] !== null) others[name] = summary[name];
  }
  for (const name of ['model', 'provider', 'error'] as const) {
    if (summary[name] !== null) others[name] = placeOf(summary[name]);
  }
  if (summary.chunks.length > 0) others.chunks = summary.chunks;
  if (summary.isUnfinished) others.isUnfinished = true;
  if (summary.problem !== null) others.problem = summary.problem;
  return others;
}
