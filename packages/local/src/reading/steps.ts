/** The steps of a row as a flat list, whatever the row has for steps. Nothing here recurses: traces may be deep. */

import type { StepContent, StepProblem, StepSummary } from '../page-api.js';
import { cutText } from '../values/cut-text.js';
import { isJsonObject, type JsonObject, toJson } from '../values/json.js';
import { rounded } from '../values/rounded.js';
import { countOf, finiteOf, nonNegativeOf, textOf } from './known-values.js';

/** A step and its place in the walk: parents before children. */
export interface PlacedStep {
  readonly step: JsonObject;
  readonly parent: number;
  readonly depth: number;
  readonly problem: StepProblem | null;
}

/** All steps of the row. Steps that stand beside the root and name a `parentId` are put below it. */
export function placedSteps(row: JsonObject): readonly PlacedStep[] {
  const tops = childSteps(row);
  const below = new Map<JsonObject, JsonObject[]>();
  const roots: PlacedStep[] = [];
  const byId = tops.some((step) => parentIdOf(step) !== undefined)
    ? new Map(tops.map((step) => [step.id, step]))
    : undefined;
  for (const step of tops) {
    const parentId = byId && parentIdOf(step);
    const parent = parentId === undefined ? undefined : byId?.get(parentId);
    if (parent) {
      const children = below.get(parent);
      if (children) children.push(step);
      else below.set(parent, [step]);
    } else {
      const problem = parentId === undefined ? null : 'missing-parent';
      roots.push({ step, parent: -1, depth: 0, problem });
    }
  }

  const placed: PlacedStep[] = [];
  const seen = new Set<JsonObject>();
  const walk = (from: readonly PlacedStep[]) => {
    const pending = [...from].reverse();
    for (let next = pending.pop(); next; next = pending.pop()) {
      const { step, depth } = next;
      if (byId) {
        if (seen.has(step)) continue;
        seen.add(step);
      }
      const index = placed.push(next) - 1;
      const children = childSteps(step);
      const moved = byId && below.get(step);
      const all = moved ? [...children, ...moved] : children;
      for (let i = all.length - 1; i >= 0; i -= 1) {
        const child = all[i];
        if (child) pending.push({ step: child, parent: index, depth: depth + 1, problem: null });
      }
    }
  };
  walk(roots);
  // A step that no root leads to is part of a cycle.
  for (const step of byId ? tops : []) {
    if (!seen.has(step)) walk([{ step, parent: -1, depth: 0, problem: 'cycle' }]);
  }
  return placed;
}

/** The children of a step, or the top steps of a row. Leaves out what is no object, since anybody may have sent the row. */
export function childSteps({ steps }: { readonly steps?: unknown }): readonly JsonObject[] {
  return Array.isArray(steps) ? steps.filter(isJsonObject) : [];
}

/** Start and end of a step in epoch milliseconds, as far as they are known. */
export interface StepTimes {
  readonly start: number | null;
  readonly duration: number | null;
  readonly problem: StepProblem | null;
}

/** Smaller differences are ignored: start times are whole milliseconds, latencies are not. */
const TOLERANCE_MS = 2;

/**
 * The times of a step by its `startTime`, `endTime` and `latency`. The official SDKs send seconds (Python), a start that
 * is the time since the process began (TypeScript), and a start after the end (Python's model calls): the
 * latency and the end of those are right.
 */
export function timesOf(step: JsonObject): StepTimes {
  const latency = nonNegativeOf(step.latency);
  const end = epochMs(step.endTime);
  let start = epochMs(step.startTime);
  if (start === null && end !== null && latency !== null) start = end - latency;
  if (start === null) return { start, duration: latency, problem: null };
  if (end === null) {
    return { start, duration: latency, problem: latency === null ? 'no-end' : null };
  }
  if (end >= start) return { start, duration: latency ?? end - start, problem: null };
  const isLatencyOff = latency === null || start - end > Math.max(latency, 50);
  if (!isLatencyOff) return { start: end - latency, duration: latency, problem: null };
  return { start, duration: latency, problem: 'ends-before-start' };
}

/** A time in seconds, milliseconds, microseconds or nanoseconds since 1970 as milliseconds; null for other clocks. */
export function epochMs(value: unknown): number | null {
  const time = typeof value === 'string' ? dateMs(value) : finiteOf(value);
  if (time === null || time < 1e8) return null;
  if (time < 1e11) return time * 1000;
  if (time < 1e14) return time;
  if (time < 1e17) return time / 1000;
  return time < 1e20 ? time / 1e6 : null;
}

function dateMs(text: string): number | null {
  const time = text.length < 40 ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** A step with its times, and with the problems that show when they are compared with those of its parent. */
export interface TimedStep extends PlacedStep {
  readonly start: number | null;
  readonly duration: number | null;
}

export function timedSteps(placed: readonly PlacedStep[]): readonly TimedStep[] {
  const timed: TimedStep[] = [];
  for (const each of placed) {
    const { start, duration, problem } = timesOf(each.step);
    const parent = timed[each.parent];
    timed.push({
      step: each.step,
      parent: each.parent,
      depth: each.depth,
      start,
      duration,
      problem: each.problem ?? problem ?? problemWith(parent, start, duration),
    });
  }
  return timed;
}

function problemWith(
  parent: TimedStep | undefined,
  start: number | null,
  duration: number | null,
): StepProblem | null {
  if (!parent || parent.start === null || start === null) return null;
  if (start < parent.start - TOLERANCE_MS) return 'before-parent';
  if (parent.duration === null) return null;
  const parentEnd = parent.start + parent.duration;
  const end = start + (duration ?? 0);
  return end > parentEnd + TOLERANCE_MS ? 'after-parent' : null;
}

/** Characters of a step's texts in its summary; its contents have longer texts whole. */
export const MAX_NAME = 300;
const MAX_LABEL = 200;
const MAX_ERROR = 1000;

/** @param traceStart epoch milliseconds */
export function stepSummary(step: TimedStep, index: number, traceStart: number): StepSummary {
  const { step: raw, start } = step;
  const since = start === null ? null : rounded(start - traceStart);
  const metadata = isJsonObject(raw.metadata) ? raw.metadata : {};
  const error = errorOf(raw);
  return {
    index,
    parent: step.parent,
    depth: step.depth,
    name: cutText(textOf(raw.name), MAX_NAME),
    type: cutText(textOf(raw.type), MAX_LABEL),
    start: since,
    duration: step.duration,
    firstToken: firstTokenOf(metadata),
    ...chunksOf(metadata, since),
    model: optionalText(raw.model),
    provider: optionalText(raw.provider),
    ...tokenCounts(raw),
    cost: nonNegativeOf(raw.cost),
    error: error === null ? null : cutText(error, MAX_ERROR),
    isUnfinished: metadata.unfinished === true || step.problem === 'no-end',
    problem: step.problem,
  };
}

/** The tokens of a step; their total is unknown unless the step has it or both of its parts. */
export function tokenCounts(
  raw: JsonObject,
): Pick<StepSummary, 'promptTokens' | 'completionTokens' | 'tokens'> {
  const promptTokens = countOf(raw.promptTokens);
  const completionTokens = countOf(raw.completionTokens);
  const both =
    promptTokens === null || completionTokens === null ? null : promptTokens + completionTokens;
  return { promptTokens, completionTokens, tokens: countOf(raw.tokens) ?? both };
}

const MAX_CHUNKS = 200;

/** Times of a stream's chunks, which the metadata has in milliseconds since the step began, and their number. */
function chunksOf(
  metadata: JsonObject,
  start: number | null,
): Pick<StepSummary, 'chunks' | 'chunkCount'> {
  const { chunkTimes } = metadata;
  if (!Array.isArray(chunkTimes)) return { chunks: [], chunkCount: null };
  const times = chunkTimes.filter((each): each is number => finiteOf(each) !== null);
  const chunkCount = times.length === 0 ? null : times.length;
  if (start === null) return { chunks: [], chunkCount };
  const stride = Math.max(1, times.length / MAX_CHUNKS);
  const chunks = Array.from({ length: Math.min(times.length, MAX_CHUNKS) }, (_, i) =>
    rounded(start + (times[Math.floor(i * stride)] ?? 0)),
  );
  return { chunks, chunkCount };
}

/** Milliseconds from the start of a model call to its first token. The official TypeScript SDK misspells it. */
export function firstTokenOf(metadata: JsonObject): number | null {
  return nonNegativeOf(metadata.timeToFirstToken ?? metadata.timeToFistToken);
}

/** The error of a step or a row, as text. */
export function errorOf(raw: JsonObject): string | null {
  const metadata = isJsonObject(raw.metadata) ? raw.metadata : {};
  for (const each of [metadata.error, metadata.Exceptions, raw.error, raw.Exceptions]) {
    if (each === undefined || each === null || each === false || each === '') continue;
    if (typeof each === 'string') return each;
    const message = isJsonObject(each) ? each.message : undefined;
    return typeof message === 'string' ? message : toJson(each);
  }
  return raw.status === 'error' ? 'error' : null;
}

/** Members of `StepContent` by the name that the tracer gives them. */
const CONTENTS = [
  'inputs',
  'output',
  'groundTruth',
  'metadata',
  'modelParameters',
  'rawOutput',
  'documents',
  'attachments',
] as const;

export function stepContent(raw: JsonObject, index: number): StepContent {
  const others: Record<string, unknown> = { ...raw };
  for (const name of [...CONTENTS, 'steps']) delete others[name];
  return {
    index,
    id: textOf(raw.id),
    bytes: Buffer.byteLength(toJson({ ...raw, steps: undefined })),
    inputs: raw.inputs ?? null,
    output: raw.output ?? null,
    groundTruth: raw.groundTruth ?? null,
    metadata: raw.metadata ?? null,
    modelParameters: raw.modelParameters ?? null,
    rawOutput: raw.rawOutput ?? null,
    documents: raw.documents ?? null,
    attachments: raw.attachments ?? null,
    others,
    absent: CONTENTS.filter((name) => !Object.hasOwn(raw, name)),
    isCut: false,
  };
}

/**
 * Indexes of the steps that the duration of the trace depends on: from the end of each step backwards, the child that
 * ended last, then the one that ended last before that one began.
 */
export function criticalPath(steps: readonly TimedStep[]): readonly number[] {
  const children = new Map<number, number[]>();
  steps.forEach(({ parent }, index) => {
    const list = children.get(parent);
    if (list) list.push(index);
    else children.set(parent, [index]);
  });
  const endOf = (index: number) => {
    const step = steps[index];
    return step?.start == null ? Number.NEGATIVE_INFINITY : step.start + (step.duration ?? 0);
  };
  const path: number[] = [];
  const pending = steps.length > 0 ? [0] : [];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    path.push(index);
    let until = endOf(index) + TOLERANCE_MS;
    const byEnd = (children.get(index) ?? []).sort((a, b) => endOf(b) - endOf(a));
    for (const child of byEnd) {
      const start = steps[child]?.start;
      if (start == null || endOf(child) > until) continue;
      pending.push(child);
      until = start + TOLERANCE_MS;
    }
  }
  return path.sort((a, b) => a - b);
}

function parentIdOf(step: JsonObject): unknown {
  return step.parentId ?? step.parent_id ?? step.parentStepId ?? undefined;
}

function optionalText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? cutText(value, MAX_LABEL) : null;
}

/** Whether a step of this type calls a model, which has tokens and a cost. */
export function isModelCall({ type }: { readonly type?: unknown }): boolean {
  return type === 'chat_completion' || type === 'embedding';
}
