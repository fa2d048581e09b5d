/** The ids of recorded results. A result is recorded once, however often it is fetched. */

import { processWide } from '@openlayer-tracing/core/integration';
import { forgetOldest } from '../../common/calls/forget-oldest.js';
import { RememberedIds } from '../../common/calls/remembered-ids.js';

const recordedResults = new RememberedIds('integrations.recorded-results.v1');

/** Whether a result has been recorded, by any copy or build of this package. */
export function isRecordedResult(id: string): boolean {
  return recordedResults.has(id);
}

export function markResultRecorded(id: string | undefined): void {
  if (id !== undefined) recordedResults.remember(id);
}

const partlyRecorded = processWide(
  'integrations.partly-recorded-results.v1',
  () => new Map<string, number>(),
);
const MAX_PARTLY_RECORDED = 10_000;

/** The number of lines of a result that have been recorded, if the app stopped reading it; 0 for any other. */
export function recordedLines(id: string): number {
  return partlyRecorded.get(id) ?? 0;
}

/** The first lines of a result have been recorded: when the app fetches it again, only the others are. */
export function markLinesRecorded(id: string, lines: number): void {
  partlyRecorded.set(id, lines);
  forgetOldest(partlyRecorded, MAX_PARTLY_RECORDED);
}
