/** An HTTP client over `fetch`. Its requests are limited in time and size. */

import {
  ABORTED,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  ResponseTooLong,
} from '../http-client.js';
import { startTimer, stopTimer } from '../timers.js';

export function fetchClient(): HttpClient {
  return { send, close() {} };
}

async function send(request: HttpRequest): Promise<HttpResponse> {
  const { signal, timeoutMs } = request;
  if (signal?.aborted) throw Object.assign(new Error(ABORTED), { isUnsent: true });
  const stop = new AbortController();
  const abort = () => stop.abort(new Error(ABORTED));
  signal?.addEventListener('abort', abort, { once: true });
  const deadline = startTimer(() => {
    stop.abort(new Error(`no complete response within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([fetchWhole(request, stop.signal), rejectOnAbort(stop.signal)]);
  } finally {
    stopTimer(deadline);
    signal?.removeEventListener('abort', abort);
  }
}

async function fetchWhole(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { method, url, headers, body } = request;
  const response = await fetch(url, {
    method,
    headers,
    // The memory is never a SharedArrayBuffer.
    body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null,
    // A redirect that is followed would send the API key to another address.
    redirect: 'manual',
    signal,
  });
  return {
    // Browsers hide everything about a redirect, even its status.
    status: response.type === 'opaqueredirect' ? 302 : response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: await readAll(response, request.maxResponseBytes),
  };
}

/** Rejects with the signal's reason. `fetch` may reject with another error, or stop within a body without any. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The body. One over the limit is cut if its status is an error, and an error itself if its status is a success. */
async function readAll(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (size + value.byteLength > maxBytes) {
      await reader.cancel();
      if (response.status >= 300) break;
      throw new ResponseTooLong(maxBytes);
    }
    chunks.push(value);
    size += value.byteLength;
  }
  const body = new Uint8Array(size);
  let position = 0;
  for (const chunk of chunks) {
    body.set(chunk, position);
    position += chunk.byteLength;
  }
  return body;
}
