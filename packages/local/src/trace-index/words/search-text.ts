import type { TraceSummary } from '../../page-api.js';
import type { PlacedStep } from '../../reading/steps.js';
import type { JsonObject } from '../../values/json.js';

/** Characters of a trace that are indexed. */
const MAX_LENGTH = 16 * 1024;

/** What is not indexed of an object's members: all, a number, or some of its own members. */
interface Skipped {
  readonly [name: string]: 'all' | 'number' | Skipped;
}

/** Members that a tracer writes, at the places where it writes them: an app's objects have the same names elsewhere. */
const SKIPPED_OF_HTTP: Skipped = {
  method: 'all',
  outcome: 'all',
  timeToFirstByteMs: 'number',
  bytes: 'number',
};
const SKIPPED_OF_ROW: Skipped = {
  steps: 'all',
  output: 'all', // comes last
  inferenceTimestamp: 'number',
  latency: 'number',
  tokens: 'number',
  cost: 'number',
  metadata: { http: SKIPPED_OF_HTTP },
};
const SKIPPED_OF_STEP: Skipped = {
  id: 'all',
  type: 'all',
  steps: 'all',
  modelParameters: 'all',
  latency: 'number',
  startTime: 'number',
  endTime: 'number',
  usageDetails: 'all',
  promptTokens: 'number',
  completionTokens: 'number',
  tokens: 'number',
  cost: 'number',
  metadata: { http: SKIPPED_OF_HTTP, timeToFirstToken: 'number', chunkTimes: 'all' },
};

/**
 * The texts of the trace, each once: names, ids and the error first, then question and answer, up to 16 KB. Scripts
 * that are written without spaces are cut into characters.
 */
export function searchText(
  summary: TraceSummary,
  row: JsonObject,
  steps: readonly PlacedStep[],
): string {
  const texts = new Set<string>();
  let length = 0;
  const add = (text: string) => {
    if (text === '' || length >= MAX_LENGTH || texts.has(text)) return;
    const part = text.length > MAX_LENGTH - length ? text.slice(0, MAX_LENGTH - length) : text;
    texts.add(part);
    length += part.length + 1;
  };
  for (const each of [
    summary.inferenceId,
    summary.traceId,
    summary.name,
    summary.route,
    summary.user,
    summary.session,
    summary.error,
    ...summary.models,
    // What the list shows is found, however long the question and the answer are.
    summary.input,
    summary.output,
  ]) {
    add(each ?? '');
  }
  const isFull = () => length >= MAX_LENGTH;
  addTexts(row, SKIPPED_OF_ROW, add, isFull);
  addTexts(row.output, undefined, add, isFull);
  for (const { step } of steps) {
    if (isFull()) break;
    addTexts(step, SKIPPED_OF_STEP, add, isFull);
  }
  return separated([...texts].join('\n'));
}

/** Adds all strings in the value, and numbers that may be ids. Iteratively: values may be deep. */
function addTexts(
  value: unknown,
  skipped: Skipped | undefined,
  add: (text: string) => void,
  isFull: () => boolean,
): void {
  const pending: unknown[] = [value];
  /** Of the pending values. */
  const rules: (Skipped | undefined)[] = [skipped];
  while (pending.length > 0 && !isFull()) {
    const next = pending.pop();
    const rule = rules.pop();
    if (typeof next === 'string') add(next);
    else if (typeof next === 'number') {
      if (Number.isInteger(next) && next >= 1000) add(String(next));
    } else if (Array.isArray(next)) {
      for (let i = Math.min(next.length, MAX_LENGTH) - 1; i >= 0; i -= 1) {
        pending.push(next[i]);
        rules.push(undefined);
      }
    } else if (typeof next === 'object' && next !== null) {
      const entries = Object.entries(next);
      for (let i = Math.min(entries.length, MAX_LENGTH) - 1; i >= 0; i -= 1) {
        const [key, inner] = entries[i] ?? ['', undefined];
        const own = rule && Object.hasOwn(rule, key) ? rule[key] : undefined;
        if (own === 'all' || (own === 'number' && typeof inner === 'number')) continue;
        pending.push(inner);
        rules.push(typeof own === 'object' ? own : undefined);
      }
    }
  }
}

const UNSPACED =
  /[\u0e00-\u0e7f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]/g;

/** Makes a text well-formed, removes NUL, and adds spaces around characters of scripts that are written without. */
export function separated(text: string): string {
  return text.toWellFormed().replaceAll('\0', ' ').replace(UNSPACED, ' $& ');
}
