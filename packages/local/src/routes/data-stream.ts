import { SUCCESS } from '../http/reply.js';
import { inferenceIdsOf } from '../reading/columns.js';
import type { Route } from './call.js';

/** `POST /inference-pipelines/{p}/data-stream` */
export const dataStream: Route = (call, { store, checker, events, reports }) => {
  // An app whose rows are refused has counts of interest too.
  if (call.report !== undefined) reports.add(call.report, call.pipelineId, Date.now());
  const request = checker.dataStream(call.json());
  const { config, rows } = request;
  const inferenceIds = inferenceIdsOf(request);
  store.append(call.pipelineId, request, inferenceIds);
  rows.forEach((row, index) => {
    events.emit('row', row, call.pipelineId, { inferenceId: inferenceIds[index] ?? '', config });
  });
  return SUCCESS;
};
