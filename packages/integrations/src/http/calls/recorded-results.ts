/** The ids of recorded results. A result is recorded once, however often it is fetched. */

import { RememberedIds } from '../../common/calls/remembered-ids.js';

const recordedResults = new RememberedIds('integrations.recorded-results.v1');

/** Whether a result has been recorded, by any copy or build of this package. */
export function isRecordedResult(id: string): boolean {
  return recordedResults.has(id);
}

export function markResultRecorded(id: string | undefined): void {
  if (id !== undefined) recordedResults.remember(id);
}
