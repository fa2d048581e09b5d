/** One HTTP exchange over `fetch`, bounded in time and size. */

import { startTimer, stopTimer } from '../publish/delay.js';
import type { Exchange, ExchangeRequest, ExchangeResponse } from '../publish/exchange.js';

export function fetchExchange(): Exchange {
  return { send, close() {} };
}

async function send(request: ExchangeRequest): Promise<ExchangeResponse> {
  const { signal, timeoutMs } = request;
  const stop = new AbortController();
  const giveUp = () => stop.abort(new Error('given up: shutting down'));
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const deadline = startTimer(() => {
    stop.abort(new Error(`no complete answer within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([exchange(request, stop.signal), failure(stop.signal)]);
  } finally {
    stopTimer(deadline);
    signal?.removeEventListener('abort', giveUp);
  }
}

async function exchange(request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeResponse> {
  const { method, url, headers, body } = request;
  const response = await fetch(url, {
    method,
    headers,
    // It is memory of our own, never shared.
    body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null,
    // One that is followed would take the key along.
    redirect: 'manual',
    signal,
  });
  return {
    // Browsers hide what a redirect says, even its status.
    status: response.type === 'opaqueredirect' ? 302 : response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: await readAll(response, request.maxResponseBytes),
  };
}

/** Rejects with the signal's reason: what `fetch` makes of it differs, and an answer may stop in the middle. */
function failure(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The body as text. One that is too long is cut where its status says enough; a cut success cannot be believed. */
async function readAll(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      if (response.status >= 300) return text;
      throw new Error(`answer is longer than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
