/** Reads the summary that the list shows from a row of any tracer. */

import { OUTCOMES } from '../enums.js';
import { isRecord, type Json } from '../json.js';
import type { Dialect, Feedback, Mark, Outcome, TraceSummary } from '../page-api.js';
import { answerPreview, PREVIEW_LENGTH, questionPreview } from './preview.js';
import { epochMs, errorOf, firstTokenOf, type PlacedStep, timesOf } from './steps.js';
import { countOf, finiteOf, head, nonNegativeOf, textOf } from './values.js';

/** A row as it was stored, and the facts beside it. */
export interface ReceivedRow {
  readonly number: number;
  /** The value of the column that the config names; made by the server if the row has none. */
  readonly inferenceId: string;
  readonly pipelineId: string;
  readonly receivedAt: number;
  readonly row: Json;
  /** The config of the call that brought the row. */
  readonly config: Json;
  /** The merged configs of the updates of the row. */
  readonly updateConfig: Json;
  readonly updatedAt: number | null;
  /** The row as JSON. */
  readonly text: string;
  readonly bytes: number;
}

/** Characters of an ID, a user, a session or a route, and of feedback. */
const MAX_ID = 1000;
const MAX_FEEDBACK = 1000;
const MAX_MODELS = 10;
const DAY_MS = 24 * 3600 * 1000;

export function summaryOf(received: ReceivedRow, steps: readonly PlacedStep[]): TraceSummary {
  const { row, config } = received;
  const column = columnReader(row, config);
  const root = steps[0]?.step ?? {};
  const metadata = metadataOf(row, root);
  const http = isRecord(metadata.http) ? metadata.http : {};
  const usage = usageOf(steps);
  const time = traceTime(received, root);
  const outcome = outcomeOf(http.outcome);
  const error = errorOf(row) ?? errorOf(root);
  const tokens = countOf(column('numOfTokenColumnName', 'tokens'));
  const cost = nonNegativeOf(column('costColumnName', 'cost'));
  return {
    number: received.number,
    pipelineId: received.pipelineId,
    // The row's own text, since SQLite's is well-formed and ends at a NUL.
    inferenceId: head(
      ownId(column('inferenceIdColumnName', 'inferenceId')) ?? received.inferenceId,
      MAX_ID,
    ),
    traceId: labelOf(row.trace_id ?? metadata.trace_id),
    time,
    receivedAt: received.receivedAt,
    name: head(textOf(root.name), 300),
    route: labelOf(http.route),
    method: labelOf(http.method),
    status: statusOf(http.status),
    outcome,
    error: error === null ? null : head(error, PREVIEW_LENGTH),
    latency: nonNegativeOf(column('latencyColumnName', 'latency')) ?? nonNegativeOf(root.latency),
    firstByte: nonNegativeOf(http.timeToFirstByteMs),
    firstToken: traceFirstToken(steps, time),
    promptTokens: usage.promptTokens,
    completionTokens: usage.completionTokens,
    // The official Python SDK sends 0 where it knows nothing.
    tokens: tokens || usage.tokens,
    cost: cost || usage.cost,
    unpricedCalls: cost ? 0 : usage.unpricedCalls,
    models: usage.models,
    user: labelOf(column('userIdColumnName', 'user_id')),
    session: labelOf(column('sessionIdColumnName', 'session_id')),
    steps: steps.length,
    bytes: received.bytes,
    input: questionPreview(questionOf(row, config, root)),
    output: answerPreview(column('outputColumnName', 'output') ?? root.output),
    feedback: feedbackOf(received),
    marks: marksOf(received, steps, outcome, metadata),
    dialect: dialectOf(row, root, http),
  };
}

/** The text, cut so that a page of the list stays small; null for none. */
function labelOf(value: unknown): string | null {
  return head(textOf(value), MAX_ID) || null;
}

function ownId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

type ReadColumn = (key: string, usual: string) => unknown;

/** Reads a column by the name that the config gives it, else by its usual name. */
function columnReader(row: Json, config: Json): ReadColumn {
  return (key, usual) => {
    const name = config[key];
    return row[typeof name === 'string' && Object.hasOwn(row, name) ? name : usual];
  };
}

/** The metadata of the trace: that of the root step, as Python sends it, overridden by the column of the row. */
export function metadataOf(row: Json, root: Json): Json {
  const own = isRecord(row.metadata) ? row.metadata : undefined;
  const ofRoot = isRecord(root.metadata) ? root.metadata : undefined;
  return own && ofRoot ? { ...ofRoot, ...own } : (own ?? ofRoot ?? {});
}

/**
 * When the trace began, in epoch milliseconds: by its root step, since the official TypeScript SDK's timestamp is the whole
 * second of its end.
 */
function traceTime({ row, config, receivedAt }: ReceivedRow, root: Json): number {
  const stamp = epochMs(columnReader(row, config)('timestampColumnName', 'inferenceTimestamp'));
  const { start } = timesOf(root);
  if (start !== null && (stamp === null || Math.abs(start - stamp) < DAY_MS)) return start;
  return stamp ?? receivedAt;
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
  const add = (sum: number | null, value: number | null) =>
    value === null ? sum : (sum ?? 0) + value;
  let promptTokens: number | null = null;
  let completionTokens: number | null = null;
  let tokens: number | null = null;
  let cost: number | null = null;
  let unpricedCalls = 0;
  const models = new Set<string>();
  for (const { step } of steps) {
    if (step.type !== 'chat_completion' && step.type !== 'embedding') continue;
    const prompt = countOf(step.promptTokens);
    const completion = countOf(step.completionTokens);
    const both = prompt === null || completion === null ? null : prompt + completion;
    promptTokens = add(promptTokens, prompt);
    completionTokens = add(completionTokens, completion);
    tokens = add(tokens, countOf(step.tokens) ?? both);
    const price = nonNegativeOf(step.cost);
    cost = add(cost, price);
    if (price === null) unpricedCalls += 1;
    if (typeof step.model === 'string' && step.model !== '' && models.size < MAX_MODELS) {
      models.add(head(step.model, 200));
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
    const own = isRecord(step.metadata) ? firstTokenOf(step.metadata) : null;
    if (own === null) continue;
    const { start } = timesOf(step);
    const since = start === null ? own : Math.max(start - traceStart, 0) + own;
    if (first === null || since < first) first = since;
  }
  return first === null ? null : Math.round(first * 1000) / 1000;
}

function questionOf(row: Json, config: Json, root: Json): unknown {
  const name = config.questionColumnName;
  const question = row[typeof name === 'string' ? name : '_question'];
  if (typeof question === 'string' && question !== '') return question;
  if (isRecord(root.inputs)) return root.inputs;
  const names = config.inputVariableNames;
  if (!Array.isArray(names)) return root.inputs;
  return Object.fromEntries(
    names.slice(0, 50).flatMap((each) => (typeof each === 'string' ? [[each, row[each]]] : [])),
  );
}

/** Columns that carry feedback where the update did not say which one does. */
const FEEDBACK_COLUMNS = ['human_feedback', 'humanFeedback', 'feedback'];
const COMMENT_COLUMNS = ['feedback_comment', 'feedbackComment', 'comment'];

/** The feedback that updates of the row have added. */
function feedbackOf({ row, updateConfig, updatedAt }: ReceivedRow): Feedback | null {
  if (updatedAt === null) return null;
  const named = (key: string) => (typeof updateConfig[key] === 'string' ? [updateConfig[key]] : []);
  const first = (names: readonly string[]) =>
    names.map((name) => row[name]).find((value) => value !== undefined && value !== null);
  const value = first([...named('humanFeedbackColumnName'), ...FEEDBACK_COLUMNS]);
  const comment = first(COMMENT_COLUMNS);
  const groundTruth = first([...named('groundTruthColumnName'), 'groundTruth']);
  if (value === undefined && comment === undefined && groundTruth === undefined) return null;
  return {
    value: cutFeedback(value),
    isPositive: isPositive(value),
    comment: comment === undefined ? null : head(textOf(comment), MAX_FEEDBACK),
    groundTruth: cutFeedback(groundTruth),
    at: updatedAt,
  };
}

/** The value, or the beginning of its text if that is long: the row has it whole. */
function cutFeedback(value: unknown): unknown {
  const text = textOf(value);
  return text.length <= MAX_FEEDBACK ? (value ?? null) : head(text, MAX_FEEDBACK);
}

/** Whether a value of feedback is praise; null for values that are neither praise nor blame. */
function isPositive(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    // Thumbs are 1 and 0 or -1, stars go from 1 to 5.
    if (value <= 0) return false;
    if (value <= 1) return value >= 0.5;
    return value === 3 ? null : value > 3;
  }
  if (typeof value !== 'string') return null;
  const share = shareOf(value);
  if (share !== undefined) return Math.abs(share - 0.6) < 1e-9 ? null : share > 0.6;
  const text = value.toLowerCase().replace(/[^\p{L}\p{N}\p{So}]/gu, '');
  if (/^(thumbs?)?up$|^(positive|good|like|liked|yes|true|correct|helpful|👍)$/u.test(text))
    return true;
  if (
    /^(thumbs?)?down$|^(negative|bad|dislike|disliked|no|false|wrong|incorrect|unhelpful|👎)$/u.test(
      text,
    )
  )
    return false;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? isPositive(number) : null;
}

/** The share of a rating: 0.8 for `4/5`, `4 out of 5` and `★★★★☆`. */
function shareOf(rating: string): number | undefined {
  const [, given, most] =
    /^\s*(\d+(?:\.\d+)?)\s*(?:\/|(?:out )?of)\s*(\d+)\s*$/i.exec(rating) ?? [];
  if (given !== undefined && Number(most) > 0) return Number(given) / Number(most);
  if (!/^\s*[★⭐]+\ufe0f?☆*\s*$/u.test(rating)) return undefined;
  const full = rating.match(/[★⭐]/gu)?.length ?? 0;
  const empty = rating.match(/☆/g)?.length ?? 0;
  return full / Math.max(full + empty, 5);
}

function outcomeOf(value: unknown): Outcome | null {
  return OUTCOMES.find((each) => each === value) ?? null;
}

function statusOf(value: unknown): number | null {
  const status = countOf(value);
  return status !== null && status >= 100 && status <= 999 ? status : null;
}

/** Marks for what the tracer did to the trace, found by the words that it leaves in the text. */
function marksOf(
  { text }: ReceivedRow,
  steps: readonly PlacedStep[],
  outcome: Outcome | null,
  metadata: Json,
): Mark[] {
  const marks: Mark[] = [];
  if (text.includes('[redacted]')) marks.push('masked');
  if (text.includes('[cut: ')) marks.push('truncated');
  const has = (key: string) =>
    text.includes(`"${key}"`) &&
    steps.some(({ step }) => isRecord(step.metadata) && Boolean(step.metadata[key]));
  if (metadata.unrecordedSteps || has('unrecordedSteps')) marks.push('limited');
  if (outcome === 'interrupted') marks.push('interrupted');
  if (has('unfinished')) marks.push('unfinished');
  return marks;
}

const SPAN_ID = /^[0-9a-f]{16}$/;

/** Which tracer wrote the row. Start times in seconds are Python's, whole timestamps the official TypeScript SDK's. */
function dialectOf(row: Json, root: Json, http: Json): Dialect {
  // Steps of rows that were made of spans have their ids.
  if (SPAN_ID.test(textOf(root.id))) return 'opentelemetry';
  if (outcomeOf(http.outcome) !== null) return 'openlayer-tracing';
  const { startTime } = root;
  if (typeof startTime !== 'number') return 'other';
  if (startTime > 1e8 && startTime < 1e11) return 'openlayer-python';
  if (!isRecord(row.metadata)) return 'other';
  const isWhole = Number.isInteger(row.inferenceTimestamp);
  if (isWhole && Object.hasOwn(row, 'groundTruth')) return 'openlayer-ts';
  const hasUsage = Object.hasOwn(row, 'cost') && Object.hasOwn(row, 'tokens');
  return hasUsage ? 'openlayer-tracing' : 'openlayer-ts';
}
