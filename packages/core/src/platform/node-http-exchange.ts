/** One HTTP exchange over node:http, bounded in time and size, that never keeps the process alive. */

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { clearTimeout, setTimeout } from 'node:timers';
import type { Exchange, ExchangeRequest, ExchangeResponse } from '../publish/exchange.js';

const MAX_SOCKETS = 2;
/** Servers of Node close a connection that was idle for 5 s, perhaps just when the next call is sent. */
const MAX_IDLE_MS = 4000;
const GIVEN_UP = 'given up: shutting down';

/** An exchange function with connections of its own; `close()` ends the idle ones. */
export function nodeHttpExchange(): Exchange {
  const options = {
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    scheduling: 'lifo' as const,
    timeout: MAX_IDLE_MS,
  };
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    send(request) {
      return new Promise((resolve, reject) => {
        if (request.signal?.aborted) throw new Error(GIVEN_UP);
        const secure = request.url.protocol === 'https:';
        const start = secure ? httpsRequest : httpRequest;
        const outgoing = start(request.url, {
          method: request.method,
          agent: secure ? https : http,
          headers: { ...request.headers, 'Content-Length': request.body?.byteLength ?? 0 },
        });
        // From its first moment on: an 'error' that nobody listens for would end the process.
        outgoing.on('error', reject);
        hold(outgoing, secure, request, resolve, reject);
      });
    },
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** Follows the exchange to its end: an answer read whole, an error, the deadline or an abort. */
function hold(
  outgoing: ClientRequest,
  secure: boolean,
  request: ExchangeRequest,
  resolve: (response: ExchangeResponse) => void,
  reject: (error: Error) => void,
): void {
  const deadline = setTimeout(() => {
    outgoing.destroy(new Error(`no complete answer within ${request.timeoutMs} ms`));
  }, request.timeoutMs);
  deadline.unref();
  const abort = () => outgoing.destroy(new Error(GIVEN_UP));
  request.signal?.addEventListener('abort', abort, { once: true });
  let isConnected = false;
  const fail = (error: Error) => {
    release();
    reject(isConnected ? error : Object.assign(error, { isUnsent: true }));
    outgoing.destroy();
  };
  const release = () => {
    clearTimeout(deadline);
    request.signal?.removeEventListener('abort', abort);
  };
  const connected = () => {
    isConnected = true;
  };
  outgoing.on('socket', (socket) => {
    try {
      socket.unref();
      if (!socket.connecting) connected();
      else socket.once(secure ? 'secureConnect' : 'connect', connected);
    } catch {
      // What may have been sent counts as sent.
      connected();
    }
  });
  outgoing.on('error', fail);
  let isAnswered = false;
  // An answer that switches protocols closes the connection with neither a response nor an error.
  outgoing.on('close', () => {
    if (!isAnswered) fail(new Error('the connection was closed without an answer'));
  });
  outgoing.on('response', (response) => {
    isAnswered = true;
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

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The body as text. One that is too long is cut where its status says enough; a cut success cannot be believed. */
async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  const { statusCode = 0 } = response;
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      if (statusCode >= 300) break;
      throw new Error(`answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
