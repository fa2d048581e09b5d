import { SUCCESS } from '../reply.js';
import type { Route } from './call.js';

/** `POST /inference-pipelines/{p}/data-stream` */
export const dataStream: Route = (call, { store, checker, events }) => {
  const request = checker.dataStream(call.json());
  store.append(call.pipelineId, request);
  for (const row of request.rows) events.emit('row', row, call.pipelineId);
  return SUCCESS;
};
