import { decodedPath } from '../http/decoded-path.js';
import type { Audience } from '../http/guard.js';
import { Refusal } from '../http/refusal.js';
import { OPENED_FILES_PIPELINE } from '../page-api.js';
import type { Backend, Route } from './call.js';
import { dataStream } from './data-stream.js';
import { listRows } from './list-rows.js';
import { isOtherSignal, OTLP_PATHS, receiveTraces } from './receive-traces.js';
import { deleteRow, getRow, updateRow } from './rows.js';
import { admitUpload, presignUpload, upload } from './uploads.js';

/** The parts of a request line. */
export interface Target {
  readonly route: Route;
  readonly method: string;
  readonly pipelineId: string;
  readonly inferenceId: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Refuses what needs no body, before the body is read. @throws Refusal */
  readonly admit: (backend: Backend) => void;
}

const PIPELINE_ROUTES = new Map<string, Route>([
  ['POST data-stream', dataStream],
  ['PUT rows', updateRow],
  ['GET rows', getRow],
  ['POST rows', listRows],
  ['GET rows/', getRow],
  ['DELETE rows', deleteRow],
  ['DELETE rows/', deleteRow],
]);

const PIPELINE_PATH = /^\/v1\/inference-pipelines\/([^/]+)\/(data-stream|rows)(?:\/([^/]+))?$/;

const UPLOADS = '/v1/storage/uploads';

/** The routes with a constant path. */
const OTHER_ROUTES = new Map<string, Route>([
  ...OTLP_PATHS.map((path) => [`POST ${path}`, receiveTraces] as const),
  ['POST /v1/storage/presigned-url', presignUpload],
  [`POST ${UPLOADS}`, upload],
  [`PUT ${UPLOADS}`, upload],
]);

const WHAT_IS_SERVED =
  'this local server has POST /inference-pipelines/ID/data-stream, PUT, GET, POST and DELETE /inference-pipelines/ID/rows, ' +
  'POST /storage/presigned-url, and POST /traces and /otel/v1/traces for OTLP; only the platform has projects, commits, tests and workspaces';

/** Who may call the platform's API at this path. */
export function audienceOf(method: string, path: string): Audience {
  if (path === UPLOADS) return 'anyone'; // its address has a token
  // The page gives feedback by the platform's own call, deletes one row, and sends the traces of files that are opened in it to
  // a pipeline that no app has.
  const [, pipeline, resource, row] = PIPELINE_PATH.exec(path) ?? [];
  const isChange =
    (method === 'PUT' || method === 'DELETE') && resource === 'rows' && row === undefined;
  const isOpenedFile =
    method === 'POST' && resource === 'data-stream' && pipeline === OPENED_FILES_PIPELINE;
  return isChange || isOpenedFile ? 'either' : 'client';
}

/** Finds the route of a request. The path is not normalised. @throws Refusal 404 without a route */
export function routeOf(method: string, url: string): Target {
  const [path = '', ...query] = url.split('?');
  const [, pipeline, resource, row] = PIPELINE_PATH.exec(path) ?? [];
  const route =
    pipeline === undefined
      ? OTHER_ROUTES.get(`${method} ${path}`)
      : PIPELINE_ROUTES.get(`${method} ${resource}${row === undefined ? '' : '/'}`);
  if (!route) {
    const isViolation = !isOtherSignal(path);
    throw new Refusal(404, `no such endpoint: ${hintFor(path)}`, { isViolation });
  }
  const searchParams = new URLSearchParams(query.join('?'));
  return {
    route,
    method,
    pipelineId: decodedPath(pipeline ?? ''),
    inferenceId: row === undefined ? undefined : decodedPath(row),
    path,
    query: searchParams,
    admit: (backend) => route === upload && admitUpload(searchParams, backend),
  };
}

function hintFor(path: string): string {
  if (isOtherSignal(path)) return 'of OpenTelemetry it takes traces only, no metrics and logs';
  const isUnversioned = /^\/(inference-pipelines|storage|projects)\//.test(path);
  return isUnversioned ? 'the base URL must end in /v1' : WHAT_IS_SERVED;
}
