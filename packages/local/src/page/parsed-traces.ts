import type { WireConfig } from '@openlayer-tracing/core/wire';
import { profileNotes } from '../checks/profile-notes.js';
import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import type { TimeBudget } from '../http/time-budget.js';
import {
  type FoundSteps,
  foldedText,
  MAX_STEPS_LENGTH,
  type StepContent,
  type TraceNotes,
} from '../page-api.js';
import { cutMembers } from '../reading/cut-members.js';
import { firstSummaries, partOfColumns } from '../reading/step-columns.js';
import { type PlacedStep, placedSteps, stepContent } from '../reading/steps.js';
import { outlineOf, type TraceOutline } from '../reading/trace-outline.js';
import type { StoredRow } from '../storage/stored-row.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { isJsonObject, toJson } from '../values/json.js';
import { textsIn } from '../values/texts-in.js';

/** Steps that come with the trace itself: more than a screen shows. */
const FIRST_STEPS = 500;
const MAX_FOUND = 1000;
/** Limit for a response, in UTF-16 code units. */
const MAX_RESPONSE_CHARS = 8 * 1024 * 1024;
/** Limit for a whole row, and for the contents of one step, which are cut to fit. */
const MAX_ROW_CHARS = 16 * 1024 * 1024;
/** Traces that stay parsed for the next read, and for how long: the one that is read, and its neighbours. */
const MAX_KEPT = 3;
const KEEP_MS = 30_000;

interface ParsedTrace {
  /** The row without its JSON text, which would double the memory. */
  readonly stored: Omit<StoredRow, 'text'>;
  readonly steps: readonly PlacedStep[];
}

/** Reads of single traces. The last ones stay parsed, since the page requests one step after another. */
export class ParsedTraces {
  readonly #index: TraceIndex;
  readonly #parsed = new KeptTraces<ParsedTrace>();
  readonly #outlines = new KeptTraces<TraceOutline>();

  constructor(index: TraceIndex) {
    this.#index = index;
  }

  close(): void {
    this.#parsed.clear();
    this.#outlines.clear();
  }

  detail(number: number): string {
    const version = this.#versionOf(number);
    const { metadata, steps, criticalPath, feedbackColumns } = this.#outline(number);
    const summary = this.#index.summary(number);
    if (summary === undefined) throw unknownTrace(number);
    return limited(
      `{"trace":${summary},"version":${toJson(version)},"metadata":${toJson(metadata)},` +
        `"steps":${toJson(firstSummaries(steps, FIRST_STEPS))},` +
        `"totalSteps":${steps.parent.length},"criticalPath":${toJson(criticalPath)},` +
        `"feedbackColumns":${toJson(feedbackColumns)}}`,
    );
  }

  notes(number: number): string {
    const { row, callConfig } = this.#parse(number).stored;
    // The strict profile checks its arguments as `unknown`, whatever its types say.
    const notes = profileNotes(row, callConfig as unknown as WireConfig);
    return toJson({ notes } satisfies TraceNotes);
  }

  steps(number: number, params: URLSearchParams): string {
    this.#requireVersion(number, params);
    const { steps } = this.#outline(number);
    const from = integerParameter('from', params.get('from') ?? '0', [0, Number.MAX_SAFE_INTEGER]);
    const count = integerParameter('count', params.get('count') ?? String(MAX_STEPS_LENGTH), [
      1,
      MAX_STEPS_LENGTH,
    ]);
    return limited(toJson(partOfColumns(steps, from, count)));
  }

  step(number: number, index: number, params: URLSearchParams): string {
    this.#requireVersion(number, params);
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

  async find(number: number, params: URLSearchParams, budget: TimeBudget): Promise<string> {
    this.#requireVersion(number, params);
    const { steps } = this.#parse(number);
    const words = foldedText(params.get('q') ?? '')
      .split(/\s+/)
      .filter(Boolean);
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
    return this.#parsed.get(number, this.#versionOf(number), () => {
      const row = this.#index.row(number);
      if (!row) throw unknownTrace(number);
      const { text: _, ...stored } = row;
      return { stored, steps: placedSteps(stored.row) };
    });
  }

  /** A row of 80,000 steps takes half a second to parse: the index keeps the outlines of such rows. */
  #outline(number: number): TraceOutline {
    const version = this.#versionOf(number);
    return this.#outlines.get(number, version, () => {
      const indexed = this.#index.outline(number, version);
      if (indexed) return indexed;
      const { stored, steps } = this.#parse(number);
      return outlineOf(stored, steps);
    });
  }

  /** @throws Refusal 409 if the parameters name another version of the trace */
  #requireVersion(number: number, params: URLSearchParams): void {
    const version = params.get('version');
    if (version === null || version === this.#versionOf(number)) return;
    throw new Refusal(409, `trace ${number} has changed`, { isViolation: false });
  }

  #versionOf(number: number): string {
    const version = this.#index.versionOf(number);
    if (version === undefined) throw unknownTrace(number);
    return version;
  }
}

/** Keeps what was read of the last traces, until their rows change. */
class KeptTraces<T> {
  readonly #kept = new Map<number, { readonly version: string; readonly value: T }>();
  #timer: NodeJS.Timeout | undefined;

  /** @param version the result of `TraceIndex.versionOf` */
  get(number: number, version: string, read: () => T): T {
    const kept = this.#kept.get(number);
    this.#kept.delete(number);
    // The one that was read last is the last to go.
    const value = kept?.version === version ? kept.value : read();
    this.#kept.set(number, { version, value });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kept.clear(), KEEP_MS).unref();
    return value;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#kept.clear();
  }
}

/** Whether the texts of a value have all words. */
function hasWords(value: unknown, words: readonly string[]): boolean {
  const missing = new Set(words);
  for (const text of textsIn(value)) {
    const folded = foldedText(text);
    for (const word of missing) if (folded.includes(word)) missing.delete(word);
    if (missing.size === 0) return true;
  }
  return false;
}

/** A step that is too large: its long members share what a response may have. */
function cutContent(content: StepContent): StepContent {
  const { index: _, id: __, bytes: ___, isCut: ____, absent: _____, ...members } = content;
  const { others, ...cut } = cutMembers(members, MAX_ROW_CHARS);
  return {
    ...content,
    ...cut,
    others: isJsonObject(others) ? others : { cut: others },
    isCut: true,
  };
}

function limited(json: string, maxLength = MAX_RESPONSE_CHARS): string {
  if (json.length <= maxLength) return json;
  throw new Refusal(413, `the response is larger than ${maxLength / 1024 / 1024} MB`, {
    isViolation: false,
  });
}

export function unknownTrace(number: number): Refusal {
  return new Refusal(404, `there is no trace ${number}`, { isViolation: false });
}
