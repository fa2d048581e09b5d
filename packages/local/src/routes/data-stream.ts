import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { SUCCESS } from '../http/reply.js';
import { inferenceIdsOf } from '../reading/columns.js';
import { withExactIntegers } from '../reading/exact-integers.js';
import { readReport, sendingOf } from '../reports/app-reports.js';
import type { Route } from './call.js';

/** `POST /inference-pipelines/{p}/data-stream` */
export const dataStream: Route = (call, { store, checker, events, reports }) => {
  // An app whose rows are refused has counts of interest too.
  const report = call.report === undefined ? undefined : readReport(call.report);
  if (report) reports.add(report, call.pipelineId, Date.now());
  const { rounded, exact } = call.json();
  const checked = checker.dataStream(rounded);
  const request =
    exact === rounded ? checked : withExactIntegers(checked, exact as DataStreamRequest);
  const { config, rows } = request;
  const inferenceIds = inferenceIdsOf(request);
  store.append(call.pipelineId, request, inferenceIds, { sending: sendingOf(report) });
  rows.forEach((row, index) => {
    events.emit('row', row, call.pipelineId, { inferenceId: inferenceIds[index] ?? '', config });
  });
  return SUCCESS;
};
