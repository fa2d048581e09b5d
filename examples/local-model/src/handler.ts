import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, brokenServer, missingKey, unknownModel, unknownUrl } from './api-error.js';
import { readJson } from './body.js';
import { toChatRequest } from './chat-request.js';
import { complete, toBody, toChunks } from './completion.js';
import { sendEvents } from './event-stream.js';
import { LOCAL_BROKEN, modelList, modelNamed } from './models.js';

export interface HandlerOptions {
  /** Milliseconds between two tokens of a stream. */
  readonly tokenDelayMs: number;
}

/** Responds to one HTTP request as OpenAI's API does, also if it fails. */
export async function handle(
  req: IncomingMessage,
  res: ServerResponse,
  options: HandlerOptions,
): Promise<void> {
  res.setHeader('x-request-id', `req_${randomUUID()}`);
  try {
    await respond(req, res, options);
  } catch (error) {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const apiError = error instanceof ApiError ? error : brokenServer();
    // The official clients retry a 500, and here each attempt would fail.
    if (apiError.status >= 500) res.setHeader('x-should-retry', 'false');
    sendJson(res, apiError.toBody(), apiError.status);
  }
}

async function respond(
  req: IncomingMessage,
  res: ServerResponse,
  { tokenDelayMs }: HandlerOptions,
): Promise<void> {
  const { method = 'GET', url = '/' } = req;
  const path = url.replace(/[?#].*$/s, '');
  if (!/^Bearer\s+\S/i.test(req.headers.authorization ?? '')) throw missingKey();

  if (method === 'POST' && path === '/v1/chat/completions') {
    const request = toChatRequest(await readJson(req));
    if (modelNamed(request.model) === undefined) throw unknownModel(request.model);
    if (request.model === LOCAL_BROKEN) throw brokenServer();
    const completion = complete(request);
    if (!request.stream) return sendJson(res, toBody(completion));
    return sendEvents(res, toChunks(completion, request.includeUsage), tokenDelayMs);
  }
  if (method === 'GET' && path === '/v1/models') return sendJson(res, modelList());
  if (method === 'GET' && path.startsWith('/v1/models/')) {
    const id = path.slice('/v1/models/'.length);
    const model = modelNamed(id);
    if (model === undefined) throw unknownModel(id);
    return sendJson(res, model);
  }
  throw unknownUrl(method, path);
}

function sendJson(res: ServerResponse, body: unknown, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
