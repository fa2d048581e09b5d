import type { RowUpdateRequest } from '@openlayer-tracing/core/wire';
import { integerParameter } from '../http/integer-parameter.js';
import { Refusal } from '../http/refusal.js';
import { jsonReply, SUCCESS } from '../http/reply.js';
import { asReadBack, idColumnOf, idText } from '../reading/columns.js';
import { rowWithExactIntegers } from '../reading/exact-integers.js';
import type { StoredRow } from '../storage/stored-row.js';
import type { Backend, Call, Route } from './call.js';

/**
 * `PUT /inference-pipelines/{p}/rows?inferenceId=ID` adds columns to the latest row of that ID or replaces them. This server
 * also takes `?openlayer_row_id=NUMBER`, for any row.
 */
export const updateRow: Route = (call, backend) => {
  const number = call.query.get('openlayer_row_id');
  const queried = number === null ? queriedId(call) : undefined;
  const { rounded, exact } = call.json();
  const checked = backend.checker.rowUpdate(rounded);
  const found =
    queried === undefined ? numbered(number ?? '', call, backend) : stored(queried, call, backend);
  const { inferenceId } = found;
  const config = { ...found.config, ...checked.config };
  const update =
    exact === rounded
      ? checked
      : {
          ...checked,
          row: rowWithExactIntegers(checked.row, (exact as RowUpdateRequest).row, config),
        };
  const names = namedColumns(update);
  if (changesId(found, update, names)) {
    throw new Refusal(400, 'the inferenceId of a row cannot be changed');
  }
  backend.store.update(found, update.row, names);
  backend.events.emit('update', update, call.pipelineId, inferenceId);
  return SUCCESS;
};

/** `GET /inference-pipelines/{p}/rows/ID` and `GET .../rows?inferenceId=ID` */
export const getRow: Route = (call, backend) => {
  const found = stored(call.inferenceId ?? queriedId(call), call, backend);
  return jsonReply(200, { row: rowToReturn(found, backend), success: true });
};

/**
 * `DELETE /inference-pipelines/{p}/rows/ID` deletes all rows of that ID. This server also takes `?openlayer_row_id=NUMBER`
 * instead, for one row.
 */
export const deleteRow: Route = (call, backend) => {
  const { store } = backend;
  const { inferenceId, pipelineId } = call;
  if (inferenceId === undefined) {
    const { number } = numbered(call.query.get('openlayer_row_id') ?? '', call, backend);
    store.removeRow(number);
  } else if (store.remove(inferenceId, pipelineId) === 0) {
    throw unknownRow(inferenceId, pipelineId);
  }
  return { status: 204 };
};

/** The row as it was sent, or as the platform would return it. */
export function rowToReturn(
  found: StoredRow,
  { checker }: Backend,
): Readonly<Record<string, unknown>> {
  return checker.mode === 'strict' ? found.row : asReadBack(found);
}

/** Whether the update writes another ID into a column that has the row's, or into one that would be read as it afterwards. */
function changesId(
  { row, config, inferenceId }: StoredRow,
  update: RowUpdateRequest,
  names: object,
): boolean {
  const after = { ...row, ...update.row };
  const configs = [config, { ...config, ...names }, { ...config, ...update.config }];
  return configs.some((each) => {
    const column = idColumnOf(after, each);
    return Object.hasOwn(update.row, column) && idText(after[column]) !== inferenceId;
  });
}

/** The columns that an update gives a meaning to. They keep it: the row's config is extended. */
function namedColumns({ row, config }: RowUpdateRequest): object {
  return Object.fromEntries(
    Object.entries(config ?? {}).filter(
      ([, column]) => column !== null && Object.hasOwn(row, column),
    ),
  );
}

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

function numbered(text: string, { pipelineId }: Call, { store }: Backend): StoredRow {
  const number = integerParameter('openlayer_row_id', text, [1, Number.MAX_SAFE_INTEGER], {
    isViolation: true,
  });
  const found = store.get(number);
  if (found?.pipelineId !== pipelineId) throw unknownRow(text, pipelineId);
  return found;
}

/** An unknown row is no violation, since a client may look up a row before it is sent. */
function unknownRow(inferenceId: string, pipelineId: string): Refusal {
  return new Refusal(404, `pipeline ${pipelineId} has no row ${inferenceId}`, {
    isViolation: false,
  });
}
