import type { TraceSummary } from '../page-api.js';
import { placedSteps } from '../reading/steps.js';
import { summaryOf } from '../reading/summary.js';
import { outlineOf } from '../reading/trace-outline.js';
import { compressed } from '../storage/compression.js';
import { emptyStoredRow, type RowRecord, toStoredRow } from '../storage/stored-row.js';
import { toJson } from '../values/json.js';
import { searchText } from './words/search-text.js';

/** The index has the outlines of rows that have at least this many bytes, but not more steps than `MAX_OUTLINED_STEPS`. */
const MIN_OUTLINED_BYTES = 1024 * 1024;
const MAX_OUTLINED_STEPS = 200_000;

export interface ReadRecord {
  readonly summary: TraceSummary;
  readonly summaryJson: string;
  readonly words: string;
  /** Compressed; undefined for rows that are not large. */
  readonly outline: ReturnType<typeof compressed> | undefined;
}

/** What the index has of a row. A row that cannot be read gets a summary with the error, so that other rows are indexed. */
export function readRecord(record: RowRecord): ReadRecord {
  try {
    const stored = toStoredRow(record);
    const steps = placedSteps(stored.row);
    const summary = summaryOf(stored, steps);
    const isOutlined = record.bytes >= MIN_OUTLINED_BYTES && steps.length <= MAX_OUTLINED_STEPS;
    return {
      summary,
      summaryJson: toJson(summary),
      words: searchText(summary, stored.row, steps),
      outline: isOutlined ? compressed(toJson(outlineOf(stored, steps))) : undefined,
    };
  } catch (error) {
    const summary = {
      ...summaryOf(emptyStoredRow(record), []),
      error: `the row cannot be read: ${error}`,
    };
    return {
      summary,
      summaryJson: toJson(summary),
      words: '',
      outline: undefined,
    };
  }
}
