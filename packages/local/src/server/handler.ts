import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '../http/guard.js';
import { gzipReply } from '../http/gzip-reply.js';
import { Refusal, toRefusal } from '../http/refusal.js';
import { jsonReply, type Reply, sendReply } from '../http/reply.js';
import { ClientGone, parseJson, readBody } from '../http/request-body.js';
import { refusedReply } from '../otlp/otlp-reply.js';
import type { PageApiServer } from '../page/page-api-server.js';
import type { PageFiles } from '../page/page-files.js';
import type { PageLink } from '../page/page-link.js';
import type { RefusedRequest } from '../reports/reports.js';
import { STATS_HEADER } from '../reports/sender-stats.js';
import type { Backend } from '../routes/call.js';
import { isOtlpPath } from '../routes/receive-traces.js';
import { audienceOf, routeOf } from '../routes/route-of.js';
import { cutText } from '../values/cut-text.js';
import { oneLine, printable } from '../values/printable.js';
import type { Intercept } from './options.js';

export interface HandlerOptions {
  readonly guard: Guard;
  readonly pageFiles: PageFiles;
  readonly pageLink: Pick<PageLink, 'redeem'>;
  readonly pageApi: Pick<PageApiServer, 'respond'>;
  readonly backend: Backend;
  readonly maxBodyBytes: number;
  readonly intercept: Intercept | undefined;
  readonly onRefused: (request: RefusedRequest) => void;
}

/** Handles the requests of a server: those for the page, for the page's data, and for the platform's API. */
export function createHandler(options: HandlerOptions) {
  return function localServer(request: IncomingMessage, response: ServerResponse): void {
    replyTo(request, response, options)
      .catch((error: unknown) => refuse(request, error, options.onRefused))
      .then((reply) => reply && sendReply(response, reply));
  };
}

/** The response of a request; undefined if it has been sent already. */
async function replyTo(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
): Promise<Reply | undefined> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (path === '/api' || path.startsWith('/api/')) return pageApiReply(request, response, options);
  if (isForPage(request, path)) return pageFileReply(request, path, options);
  return platformReply(request, response, path, options);
}

/** Whether a browser requests a file of the page: GET or HEAD, without an API key, outside /v1/. */
function isForPage({ method, headers }: IncomingMessage, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return headers.authorization === undefined && (!path.startsWith('/v1/') || path === '/v1/');
}

function pageFileReply(
  request: IncomingMessage,
  path: string,
  { guard, pageFiles, pageLink }: HandlerOptions,
): Reply {
  guard(request, 'anyone');
  if (path === '/open') {
    const code = new URLSearchParams((request.url ?? '').split('?')[1]).get('code') ?? '';
    return { status: 302, headers: { location: pageLink.redeem(code, Date.now()) ?? '/' } };
  }
  // People open the base URL that they see in a terminal.
  const isBaseUrl = path === '/v1' || path === '/v1/';
  if (isBaseUrl) return { status: 302, headers: { location: '/' } };
  const reply = pageFiles.reply(request, path);
  if (!reply) throw new Refusal(404, 'no such file', { isViolation: false });
  return reply;
}

async function pageApiReply(
  request: IncomingMessage,
  response: ServerResponse,
  { guard, pageApi }: HandlerOptions,
): Promise<Reply | undefined> {
  guard(request, 'page');
  if (request.method !== 'GET') throw new Refusal(405, "the page's API accepts only GET");
  const reply = await pageApi.respond(request, response);
  return reply && gzipReply(reply, request);
}

/**
 * Handles a call of the platform's API: guard, route, body. A body is not read if the call will be refused anyway. `intercept`
 * comes before the route, with the body.
 */
async function platformReply(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { guard, backend, maxBodyBytes, intercept }: HandlerOptions,
): Promise<Reply | undefined> {
  guard(request, audienceOf(request.method ?? '', path));
  const targeted = () => {
    const target = routeOf(request.method ?? '', request.url ?? '');
    target.admit(backend);
    return target;
  };
  const early = intercept ? undefined : targeted();
  const maxBytes = isOtlpPath(path) ? backend.otlp.maxBodyBytes : maxBodyBytes;
  const body = await readBody(request, maxBytes);
  if (intercept && (await intercept(request, response, body))) return undefined;
  const { route, admit: _, ...target } = early ?? targeted();
  const { headers, headersDistinct } = request;
  const {
    host = '',
    'content-type': contentType = '',
    'content-encoding': encoding = '',
  } = headers;
  const header = (name: string) => headersDistinct[name]?.[0];
  const statsHeader = header(STATS_HEADER);
  const json = () => parseJson(request, body);
  const isAbandoned = () => request.socket.destroyed;
  return route(
    { ...target, host, body, contentType, encoding, statsHeader, header, json, isAbandoned },
    backend,
  );
}

/** The server keeps the reasons of refusals, which may quote the body: they are cut to this many characters. */
const MAX_MESSAGE = 2000;

/** Reports the refusal of a request, and returns the response; undefined if the client has left. */
function refuse(
  request: IncomingMessage,
  error: unknown,
  onRefused: HandlerOptions['onRefused'],
): Reply | undefined {
  if (error instanceof ClientGone) return undefined;
  const refusal = toRefusal(error);
  const { status, isViolation } = refusal;
  const message = cutText(refusal.message, MAX_MESSAGE);
  const path = (request.url ?? '').split('?')[0] ?? '';
  onRefused({
    method: request.method ?? '',
    path: oneLine(path, 200),
    status,
    message: printable(message),
    isViolation,
  });
  return isOtlpPath(path)
    ? refusedReply(request.headers['content-type'] ?? '', status, message)
    : jsonReply(status, { error: message });
}
