/** Reads the summary that the list shows from a row of any tracer. */

import {
  type Mark,
  OPENED_FILES_PIPELINE,
  OUTCOMES,
  type Outcome,
  PREVIEW_LENGTH,
  type Tracer,
  type TraceSummary,
} from '../page-api.js';
import { SENDING } from '../storage/schema.js';
import type { StoredRow } from '../storage/stored-row.js';
import { cutText } from '../values/cut-text.js';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { rounded } from '../values/rounded.js';
import { type ConfigKey, columnNamed, columnValue } from './columns.js';
import { feedbackOf } from './feedback.js';
import { countOf, finiteOf, nonNegativeOf, plusKnown, textOf } from './known-values.js';
import { answerPreview, questionPreview } from './preview.js';
import {
  epochMs,
  errorOf,
  firstTokenOf,
  isModelCall,
  MAX_NAME,
  type PlacedStep,
  timesOf,
  tokenCounts,
} from './steps.js';

/** Characters of an ID, a user, a session or a route. */
const MAX_ID = 1000;
/** Models of a trace, and characters of each. */
const MAX_MODELS = 10;
const MAX_MODEL = 200;
/** The question is looked for in this many inputs at most. */
const MAX_INPUTS = 50;
const DAY_MS = 24 * 3600 * 1000;
/** Tracers send a row within seconds, unless they have to send it again. */
const LATE_MS = 60_000;

/** @param steps the placed steps of the row */
export function summaryOf(stored: StoredRow, steps: readonly PlacedStep[]): TraceSummary {
  const { row } = stored;
  const column = (key: ConfigKey) => columnValue(row, stored.callConfig, key);
  const root = steps[0]?.step ?? {};
  const metadata = metadataOf(row, root);
  const http = isJsonObject(metadata.http) ? metadata.http : {};
  const usage = usageOf(steps);
  const start = traceStart(stored, root);
  const time = updatedTime(stored) ?? start;
  const latency = nonNegativeOf(column('latencyColumnName')) ?? nonNegativeOf(root.latency);
  const outcome = outcomeOf(http.outcome);
  const error = errorOf(row) ?? errorOf(root);
  const tokens = countOf(column('numOfTokenColumnName'));
  const cost = nonNegativeOf(column('costColumnName'));
  return {
    number: stored.number,
    pipelineId: stored.pipelineId,
    // The row's own text, because SQLite's is cut at a NUL.
    inferenceId: cutText(ownId(column('inferenceIdColumnName')) ?? stored.inferenceId, MAX_ID),
    traceId: labelOf(row.trace_id ?? metadata.trace_id),
    time,
    receivedAt: stored.receivedAt,
    name: cutText(textOf(root.name), MAX_NAME),
    route: labelOf(http.route),
    method: labelOf(http.method),
    status: statusOf(http.status),
    outcome,
    error: error === null ? null : cutText(error, PREVIEW_LENGTH),
    latency,
    firstByte: nonNegativeOf(http.timeToFirstByteMs),
    firstToken: traceFirstToken(steps, start),
    promptTokens: usage.promptTokens,
    completionTokens: usage.completionTokens,
    // The official Python SDK sends 0 for an unknown value.
    tokens: tokens || usage.tokens,
    cost: cost || usage.cost,
    unpricedCalls: cost ? 0 : usage.unpricedCalls,
    models: usage.models,
    user: labelOf(column('userIdColumnName')),
    session: labelOf(column('sessionIdColumnName')),
    steps: steps.length,
    bytes: stored.bytes,
    input: questionPreview(questionOf(stored, root)),
    output: answerPreview(column('outputColumnName') ?? root.output),
    feedback: feedbackOf(stored),
    marks: marksOf(stored, steps, {
      outcome,
      metadata,
      end: latency === null ? null : time + latency,
    }),
    dialect: tracerOf(row, root, http),
  };
}

/** The text, cut so that a page of the list stays small; null for none. */
function labelOf(value: unknown): string | null {
  return cutText(textOf(value), MAX_ID) || null;
}

function ownId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The metadata of the trace: that of the root step, as Python sends it, overridden by the column of the row. */
export function metadataOf(row: JsonObject, root: JsonObject): JsonObject {
  const own = isJsonObject(row.metadata) ? row.metadata : undefined;
  const ofRoot = isJsonObject(root.metadata) ? root.metadata : undefined;
  return own && ofRoot ? { ...ofRoot, ...own } : (own ?? ofRoot ?? {});
}

/**
 * When the trace began, in epoch milliseconds: by its root step, since the official TypeScript SDK's timestamp is the whole
 * second of its end.
 */
function traceStart(stored: StoredRow, root: JsonObject): number {
  const stamp = stampOf(stored);
  const { start } = timesOf(root);
  if (start !== null && (stamp === null || Math.abs(start - stamp) < DAY_MS)) return start;
  return stamp ?? stored.receivedAt;
}

/** The timestamp that an update has set, in epoch milliseconds. */
function updatedTime(stored: StoredRow): number | null {
  const column = columnNamed(stored.callConfig, 'timestampColumnName') ?? 'inferenceTimestamp';
  return stored.updatedColumns?.includes(column) ? stampOf(stored) : null;
}

function stampOf({ row, callConfig }: StoredRow): number | null {
  return epochMs(columnValue(row, callConfig, 'timestampColumnName'));
}

interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly tokens: number | null;
  readonly cost: number | null;
  readonly unpricedCalls: number;
  readonly models: readonly string[];
}

/** Sums over the model calls. A call without a value adds nothing. */
function usageOf(steps: readonly PlacedStep[]): Usage {
  let promptTokens: number | null = null;
  let completionTokens: number | null = null;
  let tokens: number | null = null;
  let cost: number | null = null;
  let unpricedCalls = 0;
  const models = new Set<string>();
  for (const { step } of steps) {
    if (!isModelCall(step)) continue;
    const counts = tokenCounts(step);
    promptTokens = plusKnown(promptTokens, counts.promptTokens);
    completionTokens = plusKnown(completionTokens, counts.completionTokens);
    tokens = plusKnown(tokens, counts.tokens);
    const price = nonNegativeOf(step.cost);
    cost = plusKnown(cost, price);
    if (price === null) unpricedCalls += 1;
    if (typeof step.model === 'string' && step.model !== '' && models.size < MAX_MODELS) {
      models.add(cutText(step.model, MAX_MODEL));
    }
  }
  return {
    promptTokens: countOf(promptTokens),
    completionTokens: countOf(completionTokens),
    tokens: countOf(tokens),
    cost: finiteOf(cost),
    unpricedCalls,
    models: [...models],
  };
}

/** Milliseconds from the start of the trace to the first token that any model call streamed. */
function traceFirstToken(steps: readonly PlacedStep[], traceStart: number): number | null {
  let first: number | null = null;
  for (const { step } of steps) {
    const own = isJsonObject(step.metadata) ? firstTokenOf(step.metadata) : null;
    if (own === null) continue;
    const { start } = timesOf(step);
    const since = start === null ? own : Math.max(start - traceStart, 0) + own;
    if (first === null || since < first) first = since;
  }
  return first === null ? null : rounded(first);
}

function questionOf({ row, callConfig }: StoredRow, root: JsonObject): unknown {
  const name = callConfig.questionColumnName;
  const question = row[typeof name === 'string' ? name : '_question'];
  if (typeof question === 'string' && question !== '') return question;
  if (isJsonObject(root.inputs)) return root.inputs;
  const names = callConfig.inputVariableNames;
  if (!Array.isArray(names)) return root.inputs;
  return Object.fromEntries(
    names
      .slice(0, MAX_INPUTS)
      .flatMap((each) => (typeof each === 'string' ? [[each, row[each]]] : [])),
  );
}

function outcomeOf(value: unknown): Outcome | null {
  return OUTCOMES.find((each) => each === value) ?? null;
}

function statusOf(value: unknown): number | null {
  const status = countOf(value);
  return status !== null && status >= 100 && status <= 999 ? status : null;
}

/** What the tracer did to the trace: found in its text, by the time when the row came, and in what the sender reported. */
function marksOf(
  { text, receivedAt, pipelineId, sending }: StoredRow,
  steps: readonly PlacedStep[],
  {
    outcome,
    metadata,
    end,
  }: {
    readonly outcome: Outcome | null;
    readonly metadata: JsonObject;
    /** When the trace ended; null if that is unknown. */
    readonly end: number | null;
  },
): Mark[] {
  const marks: Mark[] = [];
  if (text.includes('[redacted]')) marks.push('masked');
  if (text.includes('[cut: ')) marks.push('truncated');
  const has = (key: string) =>
    text.includes(`"${key}"`) &&
    steps.some(({ step }) => isJsonObject(step.metadata) && Boolean(step.metadata[key]));
  if (metadata.unrecordedSteps || has('unrecordedSteps')) marks.push('limited');
  if (outcome === 'interrupted') marks.push('interrupted');
  if (has('unfinished')) marks.push('unfinished');
  const isLate = end !== null && receivedAt - end > LATE_MS;
  // Traces of files are old when they are opened.
  if (isLate && pipelineId !== OPENED_FILES_PIPELINE) marks.push('late');
  for (const mark of ['retried', 'replayed', 'sampled'] as const) {
    if ((sending & SENDING[mark]) !== 0) marks.push(mark);
  }
  return marks;
}

const SPAN_ID = /^[0-9a-f]{16}$/;

/** Which tracer wrote the row. The Python SDK writes start times in seconds, the official TypeScript SDK whole timestamps. */
function tracerOf(row: JsonObject, root: JsonObject, http: JsonObject): Tracer {
  // A step that was a span has the id of the span.
  if (SPAN_ID.test(textOf(root.id))) return 'opentelemetry';
  if (outcomeOf(http.outcome) !== null) return 'openlayer-tracing';
  const { startTime } = root;
  if (typeof startTime !== 'number') return 'other';
  if (startTime > 1e8 && startTime < 1e11) return 'openlayer-python';
  if (!isJsonObject(row.metadata)) return 'other';
  const isWhole = Number.isInteger(row.inferenceTimestamp);
  if (isWhole && Object.hasOwn(row, 'groundTruth')) return 'openlayer-ts';
  const hasUsage = Object.hasOwn(row, 'cost') && Object.hasOwn(row, 'tokens');
  return hasUsage ? 'openlayer-tracing' : 'openlayer-ts';
}
