/** Server-sent events about new traces, read by fetch, because EventSource cannot send the token. */

import type { ServerEvent } from '../../../local/src/page-api.js';
import type { LiveState } from '../state/live-switch.js';
import { type PageState, toTraceQuery } from '../state/page-state.js';
import { authorization } from './api.js';
import { noteResponse } from './contact.js';

interface LiveOptions {
  readonly listQuery: PageState;
  readonly onEvent: (event: ServerEvent) => void;
  /** At `open` the listener should load the traces that it missed. */
  readonly onState: (state: LiveState) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/**
 * Reads events until `close()` is called. A hidden tab reads none: browsers open six connections to one server, and a
 * stream would take one of them.
 */
export function openLive({ listQuery, onEvent, onState }: LiveOptions): { close(): void } {
  let stream: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = FIRST_WAIT_MS;
  let isClosed = false;

  const start = async () => {
    stream?.abort();
    if (isClosed || document.hidden) return;
    const own = new AbortController();
    stream = own;
    onState('connecting');
    try {
      const response = await fetch(`/api/events${toTraceQuery(listQuery, Date.now())}`, {
        headers: { ...authorization(), accept: 'text/event-stream' },
        signal: own.signal,
        credentials: 'omit',
        redirect: 'error',
      });
      noteResponse(response.status);
      if (response.status === 401) {
        onState('lost');
        return;
      }
      if (!response.ok || response.body === null) {
        onState(response.status === 429 ? 'refused' : 'lost');
      } else {
        onState('open');
        waitMs = FIRST_WAIT_MS;
        await readEvents(response.body, onEvent);
        if (!own.signal.aborted) onState('lost');
      }
    } catch {
      if (!own.signal.aborted) {
        noteResponse(undefined);
        onState('lost');
      }
    }
    if (own.signal.aborted || isClosed) return;
    timer = setTimeout(start, waitMs);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  };
  const onVisibility = () => {
    clearTimeout(timer);
    if (document.hidden) stream?.abort();
    else void start();
  };
  document.addEventListener('visibilitychange', onVisibility);
  void start();
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      stream?.abort();
      document.removeEventListener('visibilitychange', onVisibility);
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: ServerEvent) => void,
): Promise<void> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split(/\r?\n\r?\n/);
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = event
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
        .join('\n');
      if (data !== '') onEvent(JSON.parse(data) as ServerEvent);
    }
  }
}
