import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientGone } from '../body.js';
import { Refusal } from '../refusal.js';
import type { Reply } from '../reply.js';
import type { Store } from '../storage/store.js';
import type { IndexSize } from '../storage/upkeep.js';
import { EventStream } from './event-stream.js';
import { createReader } from './reader.js';
import { needsFacts, type ServerFacts } from './reads.js';

const MAX_STREAMS = 8;
/** Searches at a time. */
const MAX_SEARCHES = 4;

/** The viewer's API: what `/api/...` responds. */
export interface Viewer {
  /** Undefined: the response is a stream of events. @throws Refusal */
  respond(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined>;
  /** Size of the index when it last caught up. */
  readonly indexSize: IndexSize;
  /** Sends an event about something that is not a trace to all pages. */
  emit(json: string): void;
  close(): Promise<void>;
}

/** @param maxBytes the limit for the files */
export function createViewer(
  store: Store,
  facts: () => ServerFacts,
  maxBytes: number | undefined,
): Viewer {
  const reader = createReader(store, maxBytes);
  const streams = new Set<EventStream>();
  let searches = 0;

  const openStream = (query: string, response: ServerResponse) => {
    if (streams.size >= MAX_STREAMS) {
      throw new Refusal(429, `${MAX_STREAMS} event streams are open already`, {
        isViolation: false,
      });
    }
    // Subscribe first, because that refuses a wrong query.
    const leave = reader.subscribe(query, (json, traces) => stream.send(json, traces));
    const stream = new EventStream(response);
    streams.add(stream);
    response.once('close', () => {
      leave();
      streams.delete(stream);
    });
  };
  const readNow = (path: string, query: string, signal?: AbortSignal) => {
    const context = { newest: store.newest, facts: needsFacts(path) ? facts() : undefined };
    return reader.get(path, query, context, signal);
  };
  /** A search ends with its client: the page cancels one for each letter that is typed. */
  const search = async (path: string, query: string, response: ServerResponse) => {
    if (searches >= MAX_SEARCHES) {
      throw new Refusal(429, `${MAX_SEARCHES} searches are running already`, {
        isViolation: false,
      });
    }
    searches += 1;
    const cancel = new AbortController();
    response.once('close', () => cancel.abort(new ClientGone()));
    try {
      return await readNow(path, query, cancel.signal);
    } finally {
      searches -= 1;
    }
  };

  return {
    async respond(request, response) {
      const [address = '', ...rest] = (request.url ?? '').split('?');
      const path = decoded(address.slice('/api/'.length));
      const query = rest.join('?');
      if (path === 'events') {
        openStream(query, response);
        return undefined;
      }
      const isSearch = new URLSearchParams(query).has('q');
      const json = await (isSearch ? search(path, query, response) : readNow(path, query));
      return { status: 200, json };
    },
    get indexSize() {
      return reader.indexSize;
    },
    emit(json) {
      for (const stream of streams) stream.send(json, 0);
    },
    async close() {
      for (const stream of streams) stream.end();
      await reader.close();
    },
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, 'the path is not valid percent-encoding', { isViolation: false });
  }
}
