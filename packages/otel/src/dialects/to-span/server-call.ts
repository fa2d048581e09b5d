/** Calls of databases and of other servers, by OpenTelemetry's conventions for them. */

import { isJsonObject, type JsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';
import type { StepData } from '../data/step-data.js';
import { methodAttributes } from '../vocabulary/http-method.js';

/** The attributes by the members of `metadata.database`, as `stepOfSpan` records them. */
const OF_DATABASE: Readonly<Record<string, string>> = {
  system: 'db.system.name',
  namespace: 'db.namespace',
  operation: 'db.operation.name',
  collection: 'db.collection.name',
  summary: 'db.query.summary',
  status: 'db.response.status_code',
  rows: 'db.response.returned_rows',
  batchSize: 'db.operation.batch.size',
};

/** The attributes by the members of `metadata.server`, which are in `metadata.http` if the call is one of HTTP. */
const OF_SERVER: Readonly<Record<string, string>> = {
  host: 'server.address',
  port: 'server.port',
  peerAddress: 'network.peer.address',
};

/** Whether the step is such a call: its metadata then has facts about the server. */
export function isServerCall({ type, metadata }: StepData): boolean {
  const { database, http, server } = metadata;
  return type === 'function_call' && [database, http, server].some(isJsonObject);
}

/** The attributes of the span of such a call; none for another step. */
export function serverAttributes(step: StepData): JsonObject {
  if (!isServerCall(step)) return {};
  const { database, http, server } = step.metadata;
  const { method, url, query } = objectOrEmpty(step.inputs);
  const { status } = objectOrEmpty(step.output);
  return {
    ...renamed(database, OF_DATABASE),
    ...renamed(server ?? http, OF_SERVER),
    ...(isJsonObject(database) && { 'db.query.text': query }),
    ...(isJsonObject(http) && {
      ...methodAttributes(method),
      'url.full': typeof url === 'string' && /^https?:/.test(url) ? url : undefined,
      'http.response.status_code': status,
    }),
  };
}

function renamed(value: unknown, names: Readonly<Record<string, string>>): JsonObject {
  const fields = objectOrEmpty(value);
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [name, fields[key]]));
}
