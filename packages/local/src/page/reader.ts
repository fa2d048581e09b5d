import { Worker } from 'node:worker_threads';
import { Refusal } from '../http/refusal.js';
import { IN_MEMORY } from '../storage/database.js';
import type { Store } from '../storage/store.js';
import type { IndexSize } from '../storage/upkeep.js';
import { type Position, TraceIndex } from '../trace-index/trace-index.js';
import { parseQuery } from '../trace-index/trace-query.js';
import { type Emit, LiveEvents } from './live-events.js';
import { type ReadContext, Reads } from './reads.js';
import { workerFile } from './worker-file.cjs';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js';

/** Does the reads of the viewer's API. */
export interface Reader {
  /**
   * The JSON of a response.
   * @param path below `/api/`
   * @param signal ends the read
   * @throws Refusal, or the reason of the signal
   */
  get(path: string, query: string, context: ReadContext, signal?: AbortSignal): Promise<string>;
  /** Size of the index when it last caught up. */
  readonly indexSize: IndexSize;
  /** Sends events about the traces of a query until the returned function is called. @throws Refusal 400 */
  subscribe(query: string, emit: Emit): () => void;
  close(): Promise<void>;
}

/** Shortest time between two catch-ups. */
const CATCH_UP_EVERY_MS = 100;

/** How long a catch-up has to wait; 0 if the last one is long ago, so that a single row is indexed at once. */
function waitMs(caughtUpAt: number): number {
  return Math.max(0, caughtUpAt + CATCH_UP_EVERY_MS - performance.now());
}

/** Creates the reader of a store: in its own thread for a file; in this thread, at the first read, for a store in memory. */
export function createReader(store: Store, maxBytes: number | undefined): Reader {
  const create = store.file === IN_MEMORY ? readerInMemory : readerInThread;
  return create(store, maxBytes);
}

function readerInMemory(store: Store, maxBytes: number | undefined): Reader {
  let opened:
    | { index: TraceIndex; reads: Reads; live: LiveEvents; unsubscribe(): void }
    | undefined;
  let timer: NodeJS.Timeout | undefined;
  let caughtUpAt = Number.NEGATIVE_INFINITY;
  let lastId = 0;
  const open = () => {
    if (opened) return opened;
    const live = new LiveEvents();
    const index = new TraceIndex(store.database, IN_MEMORY, {
      maxBytes,
      onChanges(changes) {
        live.note(index, changes);
        store.forgetChanges(index.lastChange);
      },
    });
    // The index follows the store from the first read on, so that tests of apps do not pay for the page.
    const unsubscribe = store.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        caughtUpAt = performance.now();
        index.catchUp().catch(() => {}); // the next read tries again
      }, waitMs(caughtUpAt)).unref();
    });
    opened = { index, reads: new Reads(index), live, unsubscribe };
    return opened;
  };
  return {
    get indexSize() {
      return { bytes: opened?.index.bytes ?? 0, lastChange: opened?.index.lastChange ?? 0 };
    },
    get: (path, query, context, signal) =>
      open().reads.get(path, new URLSearchParams(query), context, signal),
    subscribe(query, emit) {
      const { live, index } = open();
      const id = ++lastId;
      live.subscribe(id, parseQuery(new URLSearchParams(query)), emit);
      index.catchUp().catch(() => {});
      return () => live.unsubscribe(id);
    },
    async close() {
      clearTimeout(timer);
      opened?.unsubscribe();
      opened?.live.close();
      opened?.reads.close();
      await opened?.index.close();
    },
  };
}

/** A read that takes longer hangs: the thread is terminated, and the next read starts another. */
const HUNG_AFTER_MS = 60_000;
/** Where pages wait for events, another thread is started without a read, but not faster than this. */
const RESTART_AFTER_MS = 1000;

interface Pending {
  readonly resolve: (json: string) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function readerInThread(store: Store, maxBytes: number | undefined): Reader {
  const { file } = store;
  const pending = new Map<number, Pending>();
  const subscribers = new Map<number, { readonly query: string; readonly emit: Emit }>();
  let lastId = 0;
  let worker: Worker | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let caughtUpAt = Number.NEGATIVE_INFINITY;
  let isCatchingUp = false;
  let hasNews = false;
  let indexBytes = 0;
  let lastChange = 0;
  /** What all subscribers have been sent. */
  let sent: Position = { newest: 0, change: 0 };

  const start = () => {
    const started = new Worker(workerFile, {
      workerData: {
        file,
        indexFile: `${file}-index`,
        sent: subscribers.size > 0 ? sent : undefined,
        maxBytes,
      } satisfies WorkerStart,
      // The options of this process may load a test runner's hooks.
      execArgv: [],
    });
    started.unref();
    started.on('message', onMessage);
    const failAll = (error: Error) => {
      if (worker !== started) return;
      worker = undefined;
      isCatchingUp = false;
      for (const { reject } of pending.values()) reject(error);
      if (subscribers.size > 0) catchUpSoon(RESTART_AFTER_MS);
    };
    started.on('error', failAll);
    started.on('exit', () =>
      failAll(new Refusal(503, 'the reading thread ended', { isViolation: false })),
    );
    for (const [id, { query }] of subscribers) {
      started.postMessage({ type: 'subscribe', id, query } satisfies ToWorker);
    }
    return started;
  };
  const post = (message: ToWorker) => {
    worker ??= start();
    worker.postMessage(message);
  };
  const onMessage = (message: FromWorker) => {
    if (message.type === 'event') {
      subscribers.get(message.id)?.emit(message.json, message.traces);
    } else if (message.type === 'response') {
      pending.get(message.id)?.resolve(message.json);
    } else if (message.type === 'refusal') {
      const { id, status, message: reason, isViolation } = message;
      pending.get(id)?.reject(new Refusal(status, reason, { isViolation }));
    } else if (message.type === 'sent') {
      sent = message.upTo;
      forgetChanges(sent.change);
    } else {
      isCatchingUp = false;
      ({ indexBytes, lastChange } = message);
      // Events about later changes may still have to be sent, by this thread or the next one.
      if (subscribers.size === 0) forgetChanges(lastChange);
      if (hasNews) catchUpSoon();
    }
  };
  const forgetChanges = (upTo: number) => {
    if (isClosed) return;
    try {
      store.forgetChanges(upTo);
    } catch {
      // The disk may be full, or the file locked: the next message of the thread tries again.
    }
  };
  const catchUpSoon = (leastMs = 0) => {
    hasNews = true;
    if (isCatchingUp || isClosed) return;
    timer ??= setTimeout(
      () => {
        timer = undefined;
        caughtUpAt = performance.now();
        hasNews = false;
        isCatchingUp = true;
        post({ type: 'catch-up' });
      },
      Math.max(leastMs, waitMs(caughtUpAt)),
    ).unref();
  };
  const unsubscribe = store.subscribe(() => catchUpSoon());

  return {
    get indexSize() {
      return { bytes: indexBytes, lastChange };
    },
    get(path, query, context, signal) {
      if (isClosed)
        return Promise.reject(new Refusal(503, 'the server is closing', { isViolation: false }));
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        const end = () => {
          clearTimeout(pending.get(id)?.timer);
          pending.delete(id);
        };
        pending.set(id, {
          timer: setTimeout(() => void worker?.terminate(), HUNG_AFTER_MS).unref(),
          resolve(json) {
            end();
            resolve(json);
          },
          reject(error) {
            end();
            reject(error);
          },
        });
        post({ type: 'get', id, path, query, context });
        const onAbort = () => {
          const read = pending.get(id);
          if (!read) return;
          worker?.postMessage({ type: 'cancel', id } satisfies ToWorker);
          read.reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    subscribe(query, emit) {
      parseQuery(new URLSearchParams(query));
      const id = ++lastId;
      if (subscribers.size === 0) sent = { newest: store.newest, change: lastChange };
      subscribers.set(id, { query, emit });
      // A thread that is started later gets all subscribers then.
      if (worker) post({ type: 'subscribe', id, query });
      catchUpSoon();
      return () => {
        subscribers.delete(id);
        worker?.postMessage({ type: 'unsubscribe', id } satisfies ToWorker);
      };
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      unsubscribe();
      const last = worker;
      if (!last) return;
      const ended = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      last.ref();
      last.postMessage({ type: 'stop' } satisfies ToWorker);
      await ended;
    },
  };
}
