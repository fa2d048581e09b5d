// Streams of the page's events.
import type { LocalServer } from '@openlayer-tracing/local';
import type { ServerEvent } from '../../src/page-api.ts';
import { pageTokenOf } from '../client.js';

/** An open stream of events. */
export interface Stream extends AsyncDisposable {
  readonly status: number;
  /** The next event. */
  next(): Promise<ServerEvent>;
}

export async function listen(server: LocalServer, query = ''): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(new URL(`/api/events${query}`, server.url), {
    headers: { authorization: `Bearer ${pageTokenOf(server)}` },
    signal: abort.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: response.status,
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          if (event.startsWith('data: ')) return JSON.parse(event.slice(6));
          continue;
        }
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done) throw new Error('the stream ended');
        text += value;
      }
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
    },
  };
}
