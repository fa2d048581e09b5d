import { Refusal } from '../refusal.js';
import type { Route } from './call.js';
import { dataStream } from './data-stream.js';
import { listRows } from './list-rows.js';
import { deleteRow, getRow, updateRow } from './rows.js';

/** A request line, taken apart. */
export interface Target {
  readonly route: Route;
  readonly pipelineId: string;
  readonly inferenceId: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
}

const ROUTES = new Map<string, Route>([
  ['POST data-stream', dataStream],
  ['PUT rows', updateRow],
  ['GET rows', getRow],
  ['POST rows', listRows],
  ['GET rows/', getRow],
  ['DELETE rows/', deleteRow],
]);

const PATH = /^\/v1\/inference-pipelines\/([^/]+)\/(data-stream|rows)(?:\/([^/]+))?$/;

/** Finds the route of a request. The path is taken as sent: nothing in it is normalised. */
export function routeOf(method: string, url: string): Target {
  const [path = '', ...query] = url.split('?');
  const [, pipeline, resource, row] = PATH.exec(path) ?? [];
  const route = ROUTES.get(`${method} ${resource}${row === undefined ? '' : '/'}`);
  if (!route || pipeline === undefined) {
    const isUnversioned = path.startsWith('/inference-pipelines/');
    const hint = isUnversioned ? ': the base URL must end in /v1' : '';
    throw new Refusal(404, `no such endpoint${hint}`);
  }
  return {
    route,
    pipelineId: decoded(pipeline),
    inferenceId: row === undefined ? undefined : decoded(row),
    path,
    query: new URLSearchParams(query.join('?')),
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, 'the path is not valid percent-encoding');
  }
}
