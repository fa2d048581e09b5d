import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodedPath } from '../http/decoded-path.js';
import { Refusal } from '../http/refusal.js';
import type { Reply } from '../http/reply.js';
import { ClientGone } from '../http/request-body.js';
import type { Attachments } from '../storage/attachments.js';
import { IN_MEMORY } from '../storage/database.js';
import type { Store } from '../storage/store.js';
import type { IndexState } from '../storage/upkeep.js';
import { EventStream } from './event-stream.js';
import { MemoryReader } from './memory-reader.js';
import { needsServerState, readWithoutIndex, type ServerState } from './read-handler.js';
import { type ReaderOptions, ReaderUnavailable } from './reader.js';
import { ThreadReader } from './thread-reader.js';

const MAX_STREAMS = 8;
/** Searches at a time. */
const MAX_SEARCHES = 4;

/** Responds to the page's calls below `/api/`. */
export interface PageApiServer {
  /** Undefined: it has started an event stream on `response`. @throws Refusal */
  respond(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined>;
  /** The index when it last caught up. */
  readonly indexState: IndexState;
  /** Sends an event about something that is not a trace to all pages. */
  emit(json: string): void;
  close(): Promise<void>;
}

export interface PageApiServerOptions extends ReaderOptions {
  readonly store: Store;
  readonly attachments: Attachments;
  readonly serverState: () => ServerState;
}

export function createPageApiServer(options: PageApiServerOptions): PageApiServer {
  const { store, attachments, serverState } = options;
  const reader =
    store.file === IN_MEMORY ? new MemoryReader(store, options) : new ThreadReader(store, options);
  const streams = new Set<EventStream>();
  let searches = 0;

  const openStream = (query: string, response: ServerResponse) => {
    if (streams.size >= MAX_STREAMS) {
      throw new Refusal(429, `${MAX_STREAMS} event streams are open already`, {
        isViolation: false,
      });
    }
    // Subscribe first, because that refuses a wrong query.
    const unsubscribe = reader.subscribe(query, (json, traces) => stream.send(json, traces));
    const stream = new EventStream(response);
    streams.add(stream);
    response.once('close', () => {
      unsubscribe();
      streams.delete(stream);
    });
  };
  const read = async (path: string, query: string, signal?: AbortSignal) => {
    const server = needsServerState(path) ? serverState() : undefined;
    try {
      return await reader.get(path, query, { newest: store.newest, server }, signal);
    } catch (error) {
      // Health is where people look for the reason.
      if (server && error instanceof ReaderUnavailable)
        return readWithoutIndex(path, serverState(), store.count);
      throw error;
    }
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
      return await read(path, query, cancel.signal);
    } finally {
      searches -= 1;
    }
  };

  return {
    async respond(request, response) {
      const [address = '', ...rest] = (request.url ?? '').split('?');
      const path = decodedPath(address.slice('/api/'.length), { isViolation: false });
      const query = rest.join('?');
      if (path === 'events') {
        openStream(query, response);
        return undefined;
      }
      const attachment = /^attachments\/([0-9a-f]{32})$/.exec(path)?.[1];
      if (attachment !== undefined) return attachmentReply(attachment, attachments);
      const isSearch = new URLSearchParams(query).has('q');
      const json = await (isSearch ? search(path, query, response) : read(path, query));
      return { status: 200, json };
    },
    get indexState() {
      return reader.indexState;
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
