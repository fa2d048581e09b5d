/** An HTTP client over node:http. Its requests are limited in time and size and never keep the process alive. */

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import {
  ABORTED,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  ResponseTooLong,
} from '../http-client.js';
import { headerOf } from '../message-header.js';
import { startTimer, stopTimer, unref } from '../timers.js';

const MAX_SOCKETS = 2;
/** Node's servers close a connection after 5 idle seconds, which could be just when the next request is sent. */
const MAX_IDLE_MS = 4000;

/** A client with its own connection pools. */
export function nodeHttpClient(): HttpClient {
  const options = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    scheduling: 'lifo' as const,
    timeout: MAX_IDLE_MS,
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  let isClosed = false;
  let underWay = 0;
  const destroyWhenIdle = () => {
    // `destroy()` also closes connections that are in use: by an update, or by a send that the shutdown did not abort.
    if (!isClosed || underWay > 0) return;
    http.destroy();
    https.destroy();
  };
  return {
    async send(request) {
      underWay++;
      try {
        return await sendOne(request, { http, https });
      } finally {
        underWay--;
        destroyWhenIdle();
      }
    },
    close() {
      isClosed = true;
      destroyWhenIdle();
    },
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

function sendOne(request: HttpRequest, { http, https }: Agents): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted) throw Object.assign(new Error(ABORTED), { isUnsent: true });
    const isSecure = isHttps(request);
    const start = isSecure ? httpsRequest : httpRequest;
    const outgoing = start(request.url, {
      method: request.method,
      agent: isSecure ? https : http,
      headers: { ...request.headers, 'Content-Length': request.body?.byteLength ?? 0 },
    });
    // Added at once: an 'error' without a listener would end the process.
    outgoing.on('error', reject);
    followRequest(outgoing, request, resolve, reject);
  });
}

function isHttps({ url }: HttpRequest): boolean {
  return url.protocol === 'https:';
}

/** Settles the promise by the first of: the response is read, an error, the deadline, an abort. */
function followRequest(
  outgoing: ClientRequest,
  request: HttpRequest,
  resolve: (response: HttpResponse) => void,
  reject: (error: Error) => void,
): void {
  const onDeadline = () => {
    outgoing.destroy(new Error(`no complete response within ${request.timeoutMs} ms`));
  };
  const deadline = unref(startTimer(onDeadline, request.timeoutMs));
  const abort = () => outgoing.destroy(new Error(ABORTED));
  request.signal?.addEventListener('abort', abort, { once: true });
  let isConnected = false;
  const fail = (error: Error) => {
    release();
    reject(isConnected ? error : Object.assign(error, { isUnsent: true }));
    outgoing.destroy();
  };
  const release = () => {
    stopTimer(deadline);
    request.signal?.removeEventListener('abort', abort);
  };
  const connected = () => {
    isConnected = true;
  };
  outgoing.on('socket', (socket) => {
    try {
      socket.unref();
      if (!socket.connecting) connected();
      else socket.once(isHttps(request) ? 'secureConnect' : 'connect', connected);
    } catch {
      // Assume the worst: the request may have been sent.
      connected();
    }
  });
  outgoing.on('error', fail);
  let hasResponse = false;
  // A response that switches protocols emits neither 'response' nor 'error' before 'close'.
  outgoing.on('close', () => {
    if (!hasResponse) fail(new Error('the connection was closed without a response'));
  });
  outgoing.on('response', (response) => {
    hasResponse = true;
    readAll(response, request.maxResponseBytes).then((body) => {
      release();
      resolve({
        status: response.statusCode ?? 0,
        header: (name) => headerOf(response, name),
        body,
      });
    }, fail);
  });
  const { onBodySent } = request;
  if (onBodySent !== undefined) outgoing.on('finish', onBodySent);
  outgoing.end(request.body);
}

/** The body. One over the limit is cut if its status is an error, and an error itself if its status is a success. */
async function readAll(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const { statusCode = 0 } = response;
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      if (statusCode >= 300) break;
      throw new ResponseTooLong(maxBytes);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
