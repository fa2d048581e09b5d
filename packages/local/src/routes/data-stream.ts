import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { Refusal } from '../http/refusal.js';
import { SUCCESS } from '../http/reply.js';
import { inferenceIdsOf } from '../reading/columns.js';
import { withExactIntegers } from '../reading/exact-integers.js';
import { readStatsHeader, sendingOf } from '../reports/sender-stats.js';
import { isJsonObject } from '../values/json.js';
import type { Route } from './call.js';

/** Rows of one call. They are stored in one transaction, during which no other request is served. */
const MAX_ROWS = 10_000;

/** `POST /inference-pipelines/{p}/data-stream` */
export const dataStream: Route = (call, { store, checker, events, statsOfApps }) => {
  // An app whose rows are refused has counts of interest too.
  const sender = call.statsHeader === undefined ? undefined : readStatsHeader(call.statsHeader);
  if (sender) statsOfApps.add(sender, call.pipelineId, Date.now());
  const { rounded, exact } = call.json();
  assertFewRows(rounded);
  const checked = checker.dataStream(rounded);
  const request =
    exact === rounded ? checked : withExactIntegers(checked, exact as DataStreamRequest);
  const { config, rows } = request;
  const inferenceIds = inferenceIdsOf(request);
  store.append(call.pipelineId, request, inferenceIds, { sending: sendingOf(sender) });
  rows.forEach((row, index) => {
    events.emit('row', row, call.pipelineId, { inferenceId: inferenceIds[index] ?? '', config });
  });
  return SUCCESS;
};

/** @throws Refusal 413 */
function assertFewRows(body: unknown): void {
  if (!isJsonObject(body) || !Array.isArray(body.rows) || body.rows.length <= MAX_ROWS) return;
  throw new Refusal(413, `a call may have ${MAX_ROWS} rows, not ${body.rows.length}: send several`);
}
