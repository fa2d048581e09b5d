/** What the page shows of a trace before a step is selected. */

import type { FeedbackColumns, StepColumns } from '../page-api.js';
import type { StoredRow } from '../storage/stored-row.js';
import { type JsonObject, toJson } from '../values/json.js';
import { inputNames } from './columns.js';
import { cutMembers } from './cut-members.js';
import { feedbackColumnsOf } from './feedback.js';
import { stepColumns } from './step-columns.js';
import { criticalPath, type PlacedStep, timedSteps } from './steps.js';
import { metadataOf } from './summary.js';

/** Limit for the metadata, which are cut to fit: the row has all of them. In UTF-16 code units. */
const MAX_METADATA_CHARS = 1024 * 1024;
/** Steps of the critical path. */
const MAX_PATH = 40_000;

export interface TraceOutline {
  /** The metadata, and columns that no other member of `TraceDetail` has. */
  readonly metadata: JsonObject;
  /** All steps. */
  readonly steps: StepColumns;
  readonly criticalPath: readonly number[];
  readonly feedbackColumns: FeedbackColumns;
}

/** @param placed the placed steps of the row */
export function outlineOf(
  stored: Omit<StoredRow, 'text'>,
  placed: readonly PlacedStep[],
): TraceOutline {
  const steps = timedSteps(placed);
  return {
    metadata: shortened(otherColumns(stored, placed[0]?.step ?? {})),
    steps: stepColumns(steps),
    criticalPath: criticalPath(steps).slice(0, MAX_PATH),
    feedbackColumns: feedbackColumnsOf(stored),
  };
}

/** Columns of our own rows that the summary or other members of `TraceDetail` have. */
const SHOWN_ELSEWHERE = [
  ...['inferenceId', 'inferenceTimestamp', 'latency', 'cost', 'tokens', 'steps'],
  ...['output', 'metadata', 'user_id', 'session_id'],
];

function otherColumns(
  { row, callConfig }: Pick<StoredRow, 'row' | 'callConfig'>,
  root: JsonObject,
): JsonObject {
  const shownElsewhere = new Set(SHOWN_ELSEWHERE);
  for (const [key, name] of Object.entries(callConfig)) {
    if (typeof name === 'string' && key.endsWith('ColumnName')) shownElsewhere.add(name);
  }
  for (const name of inputNames(callConfig)) shownElsewhere.add(name);
  const others = Object.entries(row).filter(([name]) => !shownElsewhere.has(name));
  return { ...metadataOf(row, root), ...Object.fromEntries(others) };
}

function shortened(metadata: JsonObject): JsonObject {
  const isLong = toJson(metadata).length > MAX_METADATA_CHARS;
  return isLong ? cutMembers(metadata, MAX_METADATA_CHARS) : metadata;
}
