/** The facts of one trace as bytes: that is how the index file has them. */

import { type Feedback, MARKS, TRACERS, type TraceSummary } from '../../page-api.js';
import {
  columns,
  FLAGS,
  NARROW,
  type NarrowColumn,
  NO_COUNT,
  OUTCOME_CODES,
  TEXTS,
  type TextColumn,
  WIDE,
  type WideColumn,
} from './columns.js';
import { hashOf } from './hash.js';

/** The packed facts of a trace: the 64-bit values in this order, then the narrow columns. */
const PACKED = [
  ...['time', 'pipeline', 'name', 'route', 'user', 'session', 'models'],
  ...['latency', 'firstByte', 'firstToken', 'cost'],
];
const NARROW_OFFSET = PACKED.length * 8;
const FACTS_BYTES = NARROW_OFFSET + NARROW.length * 4;
export const WIDE_OFFSETS = columns(WIDE, (name) => PACKED.indexOf(name) * 8);
export const TEXT_OFFSETS = columns(TEXTS, (name) => PACKED.indexOf(name) * 8);
export const NARROW_OFFSETS = columns(NARROW, (_, i) => NARROW_OFFSET + i * 4);

/** Whether the list shows the trace as failed. */
export function isFailed({ error, outcome, status }: TraceSummary): boolean {
  const isCutOff = outcome === 'error' || outcome === 'abandoned' || outcome === 'interrupted';
  return error !== null || isCutOff || (status ?? 0) >= 500;
}

/** The facts of a summary as bytes, for the index file. */
export function packFacts(summary: TraceSummary): Buffer {
  const bytes = Buffer.allocUnsafe(FACTS_BYTES);
  const texts: Record<TextColumn, number> = {
    pipeline: hashOf(summary.pipelineId),
    name: hashOf(summary.name),
    route: hashOf(summary.route),
    user: hashOf(summary.user),
    session: hashOf(summary.session),
    models: modelsHash(summary.models),
  };
  const wide: Record<WideColumn, number> = {
    time: summary.time,
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
  for (const name of WIDE) bytes.writeDoubleLE(wide[name], WIDE_OFFSETS[name]);
  for (const name of TEXTS) bytes.writeDoubleLE(texts[name], TEXT_OFFSETS[name]);
  for (const name of NARROW) bytes.writeUInt32LE(narrow[name], NARROW_OFFSETS[name]);
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
    (TRACERS.indexOf(dialect) << FLAGS.dialect.shift) |
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
