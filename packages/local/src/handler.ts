import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attachments } from './attachments.js';
import { ClientGone, parseJson, readBody } from './body.js';
import type { Guard } from './guard.js';
import type { Intercept } from './options.js';
import { refusedReply } from './otlp/otlp-reply.js';
import { isOtlpPath } from './otlp/receive-traces.js';
import type { Page } from './page.js';
import { oneLine, printable } from './printable.js';
import { head } from './reading/values.js';
import { Refusal, toRefusal } from './refusal.js';
import { jsonReply, type Reply, sendReply } from './reply.js';
import { STATS_HEADER } from './reports.js';
import type { Backend } from './routes/call.js';
import { audienceOf, routeOf } from './routes/route-of.js';

/**
 * Responds to `GET /api/...`. Returns undefined if it has started an event stream on `response`, with the headers of
 * `DATA_HEADERS`. An error becomes the response.
 */
export type ViewerApi = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<Reply | undefined>;

/** A call that got an error status. */
export interface CallError {
  readonly method: string;
  /** The path without the query, in printable characters. */
  readonly path: string;
  readonly status: number;
  readonly message: string;
  /** Whether the client violated the contract. */
  readonly isViolation: boolean;
}

export interface HandlerOptions {
  readonly guard: Guard;
  readonly page: Page;
  /** Exchanges a code, which is used up, for the page's address with the viewer's token; undefined for an unknown code. */
  readonly redeemCode: (code: string) => string | undefined;
  readonly viewerApi: ViewerApi;
  readonly backend: Backend;
  readonly maxBodyBytes: number;
  readonly intercept: Intercept | undefined;
  readonly onRefused: (refusal: CallError) => void;
}

/** Handles the requests of a server: those for the page, for the page's data, and for the platform's API. */
export function createHandler(options: HandlerOptions) {
  return function localServer(request: IncomingMessage, response: ServerResponse): void {
    replyTo(request, response, options)
      .catch((error: unknown) => refused(request, error, options.onRefused))
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
  if (path === '/api' || path.startsWith('/api/')) return viewerReply(request, response, options);
  if (isForPage(request, path)) return pageReply(request, path, options);
  return platformReply(request, response, path, options);
}

/** Whether a browser asks for a file of the page: GET or HEAD, without an API key, outside /v1/. */
function isForPage({ method, headers }: IncomingMessage, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return headers.authorization === undefined && (!path.startsWith('/v1/') || path === '/v1/');
}

function pageReply(
  request: IncomingMessage,
  path: string,
  { guard, page, redeemCode }: HandlerOptions,
): Reply {
  guard(request, 'anyone');
  if (path === '/open') {
    const code = new URLSearchParams((request.url ?? '').split('?')[1]).get('code') ?? '';
    return { status: 302, headers: { location: redeemCode(code) ?? '/' } };
  }
  // People open the base URL that they see in a terminal.
  const isBaseUrl = path === '/v1' || path === '/v1/';
  if (isBaseUrl) return { status: 302, headers: { location: '/' } };
  const reply = page.reply(request, path);
  if (!reply) throw new Refusal(404, 'no such file', { isViolation: false });
  return reply;
}

async function viewerReply(
  request: IncomingMessage,
  response: ServerResponse,
  { guard, viewerApi, backend }: HandlerOptions,
): Promise<Reply | undefined> {
  guard(request, 'viewer');
  if (request.method !== 'GET') throw new Refusal(405, 'the viewer API accepts only GET');
  const attachment = ATTACHMENT.exec(request.url ?? '')?.[1];
  return attachment === undefined
    ? viewerApi(request, response)
    : attachmentReply(attachment, backend.attachments);
}

const ATTACHMENT = /^\/api\/attachments\/([0-9a-f]{32})$/;

/** Sends the bytes as a download of no known type, so that a browser neither shows nor runs them. */
async function attachmentReply(id: string, attachments: Attachments): Promise<Reply> {
  const body = await attachments.read(id);
  if (!body) throw new Refusal(404, 'no such attachment', { isViolation: false });
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
  };
  return { status: 200, body, headers };
}

/** Handles a call of the platform's API: guard, body, `intercept`, then route. */
async function platformReply(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { guard, backend, maxBodyBytes, intercept }: HandlerOptions,
): Promise<Reply | undefined> {
  guard(request, audienceOf(request.method ?? '', path));
  const maxBytes = isOtlpPath(path) ? backend.otlp.maxBodyBytes : maxBodyBytes;
  const body = await readBody(request, maxBytes);
  if (intercept && (await intercept(request, response, body))) return undefined;
  const { route, ...target } = routeOf(request.method ?? '', request.url ?? '');
  const { headers, headersDistinct } = request;
  const {
    host = '',
    'content-type': contentType = '',
    'content-encoding': encoding = '',
  } = headers;
  const header = (name: string) => headersDistinct[name]?.[0];
  const report = header(STATS_HEADER);
  const json = () => parseJson(request, body);
  return route({ ...target, host, body, contentType, encoding, report, header, json }, backend);
}

/** Characters of the reason of a refusal: it may name a member of the body, and is kept. */
const MAX_MESSAGE = 2000;

function refused(
  request: IncomingMessage,
  error: unknown,
  onRefused: HandlerOptions['onRefused'],
): Reply | undefined {
  if (error instanceof ClientGone) return undefined;
  const refusal = toRefusal(error);
  const { status, isViolation } = refusal;
  const message = head(refusal.message, MAX_MESSAGE);
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
