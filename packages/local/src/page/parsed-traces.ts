import type { WireConfig } from '@openlayer-tracing/core/wire';
import { profileNotes } from '../checks/profile-notes.js';
import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import {
  type FoundSteps,
  MAX_STEPS_LENGTH,
  type StepContent,
  type TraceNotes,
} from '../page-api.js';
import { inputNames } from '../reading/columns.js';
import { stepColumns } from '../reading/step-columns.js';
import {
  criticalPath,
  placedSteps,
  stepContent,
  stepSummary,
  type TimedStep,
  timedSteps,
} from '../reading/steps.js';
import { metadataOf } from '../reading/summary.js';
import type { StoredRow } from '../storage/stored-row.js';
import type { Budget } from '../trace-index/budget.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { isRecord, type Json, toJson } from '../values/json.js';
import { cutMembers } from './cut-members.js';

/** Steps that come with the trace itself: more than a screen shows. */
const FIRST_STEPS = 500;
const MAX_FOUND = 1000;
/** Limit for a response, in UTF-16 code units. */
const MAX_RESPONSE_CHARS = 8 * 1024 * 1024;
/** Limit for a whole row, and for the contents of one step, which are cut to fit. */
const MAX_ROW_CHARS = 16 * 1024 * 1024;
/** Limit for the metadata that come with the trace, which are cut to fit: the row has all of them. */
const MAX_METADATA_CHARS = 1024 * 1024;
/** Steps of the critical path that come with the trace. */
const MAX_PATH = 40_000;
/** Traces that stay parsed for the next read, and for how long. */
const MAX_KEPT = 2;
const KEEP_MS = 30_000;

interface ParsedTrace {
  /** The result of `TraceIndex.versionOf`. */
  readonly version: string;
  /** The row without its JSON text, which would double the memory. */
  readonly stored: Omit<StoredRow, 'text'>;
  readonly steps: readonly TimedStep[];
  readonly start: number;
}

/** Reads of single traces. The last ones stay parsed, since the page requests one step after another. */
export class ParsedTraces {
  readonly #index: TraceIndex;
  readonly #kept = new Map<number, ParsedTrace>();
  #timer: NodeJS.Timeout | undefined;

  constructor(index: TraceIndex) {
    this.#index = index;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#kept.clear();
  }

  detail(number: number): string {
    const { stored, steps, start } = this.#parse(number);
    const summary = this.#index.summary(number);
    if (summary === undefined) throw unknownTrace(number);
    const first = steps.slice(0, FIRST_STEPS);
    return limited(
      `{"trace":${summary},"metadata":${metadataJson(otherColumns(stored, steps[0]?.step ?? {}))},` +
        `"steps":${toJson(first.map((step, index) => stepSummary(step, index, start)))},` +
        `"totalSteps":${steps.length},"criticalPath":${toJson(criticalPath(steps).slice(0, MAX_PATH))}}`,
    );
  }

  notes(number: number): string {
    const { row, callConfig } = this.#parse(number).stored;
    // The strict profile checks its arguments as `unknown`, whatever its types say.
    const notes = profileNotes(row, callConfig as unknown as WireConfig);
    return toJson({ notes } satisfies TraceNotes);
  }

  steps(number: number, params: URLSearchParams): string {
    const { steps, start } = this.#parse(number);
    const from = integerParameter('from', params.get('from') ?? '0', [0, Number.MAX_SAFE_INTEGER]);
    const count = integerParameter('count', params.get('count') ?? String(MAX_STEPS_LENGTH), [
      1,
      MAX_STEPS_LENGTH,
    ]);
    return limited(toJson(stepColumns(steps, from, count, start)));
  }

  step(number: number, index: number): string {
    const step = this.#parse(number).steps[index]?.step;
    if (!step)
      throw new Refusal(404, `trace ${number} has no step ${index}`, { isViolation: false });
    const content = stepContent(step, index);
    const json = toJson(content);
    return json.length <= MAX_ROW_CHARS ? json : toJson(cutContent(content));
  }

  row(number: number): string {
    const stored = this.#index.row(number);
    if (!stored) throw unknownTrace(number);
    return limited(`{"row":${stored.text},"config":${toJson(stored.callConfig)}}`, MAX_ROW_CHARS);
  }

  async find(number: number, text: string, budget: Budget): Promise<string> {
    const { steps } = this.#parse(number);
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found: number[] = [];
    let isCut = false;
    for (const [index, { step }] of words.length > 0 ? steps.entries() : []) {
      if (hasWords({ ...step, steps: null }, words)) {
        if (found.length === MAX_FOUND) {
          isCut = true;
          break;
        }
        found.push(index);
      }
      if (index % 100 === 0) await budget.turn();
    }
    return toJson({ steps: found, isCut } satisfies FoundSteps);
  }

  #parse(number: number): ParsedTrace {
    // A row of 80,000 steps takes half a second to read, so it stays parsed for its next pages.
    const version = this.#index.versionOf(number);
    const kept = this.#kept.get(number);
    if (kept && kept.version === version) return kept;
    this.#kept.delete(number);
    const row = version === undefined ? undefined : this.#index.row(number);
    if (version === undefined || !row) throw unknownTrace(number);
    const { text: _, ...stored } = row;
    const steps = timedSteps(placedSteps(stored.row));
    const start = steps[0]?.start ?? 0;
    const trace = { version, stored, steps, start };
    this.#kept.set(number, trace);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kept.clear(), KEEP_MS).unref();
    return trace;
  }
}

/** Columns of our own rows that the summary or other members of `TraceDetail` have. */
const SHOWN_ELSEWHERE = [
  ...['inferenceId', 'inferenceTimestamp', 'latency', 'cost', 'tokens', 'steps'],
  ...['output', 'metadata', 'user_id', 'session_id'],
];

/** The metadata, and columns that no other member of `TraceDetail` has. */
function otherColumns({ row, callConfig }: ParsedTrace['stored'], root: Json): Json {
  const shownElsewhere = new Set(SHOWN_ELSEWHERE);
  for (const [key, name] of Object.entries(callConfig)) {
    if (typeof name === 'string' && key.endsWith('ColumnName')) shownElsewhere.add(name);
  }
  for (const name of inputNames(callConfig)) shownElsewhere.add(name);
  const others = Object.entries(row).filter(([name]) => !shownElsewhere.has(name));
  return { ...metadataOf(row, root), ...Object.fromEntries(others) };
}

function metadataJson(metadata: Json): string {
  const json = toJson(metadata);
  return json.length <= MAX_METADATA_CHARS
    ? json
    : toJson(cutMembers(metadata, MAX_METADATA_CHARS));
}

/** Whether the texts of a value have all words. Iteratively: values may be deep. */
function hasWords(value: unknown, words: readonly string[]): boolean {
  const missing = new Set(words);
  const pending: unknown[] = [value];
  while (pending.length > 0 && missing.size > 0) {
    const next = pending.pop();
    if (typeof next === 'string' || typeof next === 'number' || typeof next === 'boolean') {
      const text = String(next).toLowerCase();
      for (const word of missing) if (text.includes(word)) missing.delete(word);
    } else if (Array.isArray(next)) {
      for (const each of next) pending.push(each);
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, inner] of Object.entries(next)) pending.push(key, inner);
    }
  }
  return missing.size === 0;
}

/** A step that is too large: its long members share what a response may have. */
function cutContent(content: StepContent): StepContent {
  const { index: _, id: __, bytes: ___, isCut: ____, ...members } = content;
  const { others, ...cut } = cutMembers(members, MAX_ROW_CHARS);
  return { ...content, ...cut, others: isRecord(others) ? others : { cut: others }, isCut: true };
}

function limited(json: string, maxLength = MAX_RESPONSE_CHARS): string {
  if (json.length <= maxLength) return json;
  throw new Refusal(413, `the response is larger than ${maxLength / 1024 / 1024} MB`, {
    isViolation: false,
  });
}

function unknownTrace(number: number): Refusal {
  return new Refusal(404, `there is no trace ${number}`, { isViolation: false });
}
