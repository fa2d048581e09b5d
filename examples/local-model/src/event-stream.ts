import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Sends server-sent events, `delayMs` apart, and `[DONE]` after the last one. Resolves when all are sent, or when the client
 * leaves; then no further event is created.
 */
export async function sendEvents(
  res: ServerResponse,
  events: Iterable<unknown>,
  delayMs: number,
): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  try {
    await pipeline(Readable.from(eventLines(events, delayMs, gone.signal)), res);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function* eventLines(events: Iterable<unknown>, delayMs: number, signal: AbortSignal) {
  for (const event of events) {
    yield `data: ${JSON.stringify(event)}\n\n`;
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  }
  yield 'data: [DONE]\n\n';
}
