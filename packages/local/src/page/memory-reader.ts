import { parseQuery } from '../queries/trace-query.js';
import { IN_MEMORY } from '../storage/database.js';
import type { Store } from '../storage/store.js';
import type { IndexState } from '../storage/upkeep.js';
import { TraceIndex } from '../trace-index/trace-index.js';
import { type Emit, LiveEvents } from './live-events.js';
import { type ReadContext, ReadHandler } from './read-handler.js';
import { catchUpDelayMs, type Reader, type ReaderOptions } from './reader.js';

interface Opened {
  readonly index: TraceIndex;
  readonly reads: ReadHandler;
  readonly live: LiveEvents;
  readonly stopFollowing: () => void;
}

/** Reads a store in memory, in this thread. Its index is opened by the first read, so that tests of apps do not pay for the page. */
export class MemoryReader implements Reader {
  readonly #store: Store;
  readonly #options: ReaderOptions;
  #opened: Opened | undefined;
  #timer: NodeJS.Timeout | undefined;
  #caughtUpAt = Number.NEGATIVE_INFINITY;
  #lastSubscriberId = 0;

  constructor(store: Store, options: ReaderOptions) {
    this.#store = store;
    this.#options = options;
  }

  get indexState(): IndexState {
    const index = this.#opened?.index;
    return { bytes: index?.bytes ?? 0, lastChange: index?.lastChange ?? 0 };
  }

  async get(
    path: string,
    query: string,
    context: ReadContext,
    signal?: AbortSignal,
  ): Promise<string> {
    return this.#open().reads.get(path, new URLSearchParams(query), context, signal);
  }

  subscribe(query: string, emit: Emit): () => void {
    const { live, index } = this.#open();
    const id = ++this.#lastSubscriberId;
    live.subscribe(id, parseQuery(new URLSearchParams(query)), emit);
    catchUp(index);
    return () => live.unsubscribe(id);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#opened) return;
    const { index, reads, live, stopFollowing } = this.#opened;
    stopFollowing();
    live.close();
    reads.close();
    await index.close();
  }

  #open(): Opened {
    if (this.#opened) return this.#opened;
    const store = this.#store;
    const live = new LiveEvents();
    const index = new TraceIndex(store.database, IN_MEMORY, {
      maxBytes: this.#options.maxBytes,
      onFailure: (error) => this.#options.onFailure(String(error)),
      onDelta(delta) {
        live.note(index, delta);
        store.forgetChanges(index.lastChange);
      },
    });
    const stopFollowing = store.subscribe(() => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#caughtUpAt = performance.now();
        catchUp(index);
      }, catchUpDelayMs(this.#caughtUpAt)).unref();
    });
    this.#opened = { index, reads: new ReadHandler(index), live, stopFollowing };
    return this.#opened;
  }
}

function catchUp(index: TraceIndex): void {
  index.catchUp().catch(() => {}); // the next read tries again
}
