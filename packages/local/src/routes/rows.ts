import { Refusal } from '../refusal.js';
import { jsonReply, SUCCESS } from '../reply.js';
import type { StoredRow } from '../store.js';
import type { Backend, Call, Route } from './call.js';

/** `PUT /inference-pipelines/{p}/rows?inferenceId=ID`: columns are added to the row or replaced. */
export const updateRow: Route = (call, backend) => {
  const inferenceId = queriedId(call);
  const { row: columns } = backend.checker.rowUpdate(call.json());
  if (Object.hasOwn(columns, 'inferenceId') && columns.inferenceId !== inferenceId) {
    throw new Refusal(400, 'the inferenceId of a row cannot be changed');
  }
  const { id, row } = stored(inferenceId, call, backend);
  backend.store.replace({ id, row: { ...row, ...columns } });
  return SUCCESS;
};

/** `GET /inference-pipelines/{p}/rows/ID` and `GET .../rows?inferenceId=ID` */
export const getRow: Route = (call, backend) => {
  const { row } = stored(call.inferenceId ?? queriedId(call), call, backend);
  return jsonReply(200, { row, success: true });
};

/** `DELETE /inference-pipelines/{p}/rows/ID` */
export const deleteRow: Route = (call, { store }) => {
  const { inferenceId = '', pipelineId } = call;
  if (store.remove(inferenceId, pipelineId) === 0) throw unknownRow(inferenceId, pipelineId);
  return { status: 204 };
};

function queriedId({ query }: Call): string {
  const inferenceId = query.get('inferenceId');
  if (!inferenceId) throw new Refusal(400, 'the query must name an inferenceId');
  return inferenceId;
}

function stored(inferenceId: string, { pipelineId }: Call, { store }: Backend): StoredRow {
  const found = store.find(inferenceId, pipelineId);
  if (!found) throw unknownRow(inferenceId, pipelineId);
  return found;
}

/** Not a violation: a row may be asked for before it was sent. */
function unknownRow(inferenceId: string, pipelineId: string): Refusal {
  return new Refusal(404, `pipeline ${pipelineId} has no row ${inferenceId}`, false);
}
