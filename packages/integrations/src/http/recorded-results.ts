/** The ids of recorded results. A result is recorded once, however often it is fetched. */

import { processWide } from '@openlayer-tracing/core/integration';

const MAX_IDS = 10_000;

const ids = processWide('integrations.recorded-results.v1', () => new Set<string>());

/** Whether a result has been recorded, by any copy or build of this package. */
export function isRecordedResult(id: string): boolean {
  return ids.has(id);
}

/** Remembers an id. Above 10,000 ids the oldest is forgotten. */
export function markResultRecorded(id: string | undefined): void {
  if (id === undefined) return;
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > MAX_IDS && oldest !== undefined) ids.delete(oldest);
}
