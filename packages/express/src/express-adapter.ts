/** How core reads Express's requests, and follows requests and responses. */

import {
  followResponse,
  getTrace,
  headerOf,
  nodeRequestBody,
  pathOf,
  type RequestAdapter,
  setResponseHeader,
  signalOfClient,
} from '@openlayer-tracing/core/adapter';
import type { Request, Response } from 'express';
import { mountOf, mountOfParams, routePattern } from './mounts.js';
import { observeLoadedCopies, prepareApp } from './prepare-app.js';
import { requestBehind } from './request-behind.js';

export const adapter: RequestAdapter<Request, Response> = {
  changesPrototypes: true,
  // Frameworks that run Express middleware, such as Fastify, have no Express app.
  prepare: (req) => {
    if (prepareApp(req.app)) observeLoadedCopies();
  },
  method: (req) => req.method,
  path: (req) => withoutWebSocketSuffix(req, pathOf(urlOf(req))),
  hasQuery: (req) => urlOf(req).includes('?'),
  query: (req) => req.query,
  body: (req) => req.body as unknown,
  files: (req) => filesOf(req as WithFiles),
  params: (req) => req.params,
  route: (req) => {
    const { route } = req;
    const path: unknown = route?.path;
    if (typeof path !== 'string' && !(path instanceof RegExp) && !Array.isArray(path)) {
      return undefined;
    }
    return withoutWebSocketSuffix(req, routePattern(route, path, req));
  },
  mount: (req) => mountOf(req) || mountOfParams(req) || undefined,
  traceOnRequest: (req) => getTrace(requestBehind(req)),
  header: headerOf,
  responseHeader: (res, name) => res.getHeader(name),
  setResponseHeader,
  clientSignal: (_req, res) => signalOfClient(res),
  requestBody: nodeRequestBody,
  follow: followResponse,
};

function urlOf(req: Request): string {
  return req.originalUrl ?? req.url;
}

/** The path without `/.websocket`, which `express-ws` appends to the paths of its routes. */
function withoutWebSocketSuffix(req: Request, path: string): string {
  return req.headers.upgrade === undefined ? path : path.replace(/\/\.websocket$/, '');
}

interface WithFiles {
  readonly file?: unknown;
  readonly files?: unknown;
}

/** The files that multer, express-fileupload and others have put on the request. */
function filesOf({ file, files }: WithFiles): unknown {
  return file === undefined ? files : [file, files];
}
