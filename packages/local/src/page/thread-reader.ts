import { Worker } from 'node:worker_threads';
import { Refusal } from '../http/refusal.js';
import type { Store } from '../storage/store.js';
import type { IndexSize } from '../storage/upkeep.js';
import { parseQuery } from '../trace-index/queries/trace-query.js';
import type { Position } from '../trace-index/trace-index.js';
import type { Emit } from './live-events.js';
import type { ReadContext } from './read-handler.js';
import { catchUpDelayMs, type Reader, type ReaderOptions } from './reader.js';
import { workerFile } from './worker-file.cjs';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js';

/** A read that takes longer hangs: the thread is terminated, and the next read starts another. */
const HUNG_AFTER_MS = 60_000;
/** Where pages wait for events, another thread is started without a read, but not faster than this. */
const RESTART_AFTER_MS = 1000;

interface PendingRead {
  readonly resolve: (json: string) => void;
  readonly reject: (error: unknown) => void;
}

interface Subscriber {
  readonly query: string;
  readonly emit: Emit;
}

/**
 * Reads a traces file in a thread of its own, so that reads do not delay requests. The thread is started by the first read or
 * row. If it ends, its reads fail, and the next read or row starts another.
 */
export class ThreadReader implements Reader {
  readonly #store: Store;
  readonly #options: ReaderOptions;
  readonly #reads = new Map<number, PendingRead>();
  readonly #subscribers = new Map<number, Subscriber>();
  readonly #stopFollowing: () => void;
  #worker: Worker | undefined;
  #isClosed = false;
  #lastReadId = 0;
  #lastSubscriberId = 0;
  #catchUpTimer: NodeJS.Timeout | undefined;
  #caughtUpAt = Number.NEGATIVE_INFINITY;
  #isCatchingUp = false;
  /** Whether rows or changes came since the last catch-up began. */
  #isBehind = false;
  #indexSize: IndexSize = { bytes: 0, lastChange: 0 };
  /** What all subscribers have been sent. */
  #sent: Position = { newest: 0, change: 0 };

  constructor(store: Store, options: ReaderOptions) {
    this.#store = store;
    this.#options = options;
    this.#stopFollowing = store.subscribe(() => this.#catchUpSoon());
  }

  get indexSize(): IndexSize {
    return this.#indexSize;
  }

  get(path: string, query: string, context: ReadContext, signal?: AbortSignal): Promise<string> {
    if (this.#isClosed) return Promise.reject(unavailable('the server is closing'));
    const readId = ++this.#lastReadId;
    return new Promise<string>((resolve, reject) => {
      const hung = setTimeout(() => void this.#worker?.terminate(), HUNG_AFTER_MS).unref();
      const end = () => {
        clearTimeout(hung);
        this.#reads.delete(readId);
      };
      const read: PendingRead = {
        resolve(json) {
          end();
          resolve(json);
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      this.#reads.set(readId, read);
      const onAbort = () => {
        if (!this.#reads.has(readId)) return;
        this.#worker?.postMessage({ type: 'cancel', readId } satisfies ToWorker);
        read.reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        this.#post({ type: 'get', readId, path, query, context });
      } catch (error) {
        read.reject(unavailable(`the system refuses a thread that reads traces: ${error}`));
      }
    });
  }

  subscribe(query: string, emit: Emit): () => void {
    parseQuery(new URLSearchParams(query));
    const subscriberId = ++this.#lastSubscriberId;
    if (this.#subscribers.size === 0) {
      this.#sent = { newest: this.#store.newest, change: this.#indexSize.lastChange };
    }
    this.#subscribers.set(subscriberId, { query, emit });
    // A thread that is started later gets all subscribers then.
    this.#worker?.postMessage({ type: 'subscribe', subscriberId, query } satisfies ToWorker);
    this.#catchUpSoon();
    return () => {
      this.#subscribers.delete(subscriberId);
      this.#worker?.postMessage({ type: 'unsubscribe', subscriberId } satisfies ToWorker);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#catchUpTimer);
    this.#stopFollowing();
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    worker.postMessage({ type: 'stop' } satisfies ToWorker);
    await ended;
  }

  /** Sends a message to the thread, which is started if none runs. @throws Error if the system refuses a thread */
  #post(message: ToWorker): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const { file } = this.#store;
    const worker = new Worker(workerFile, {
      workerData: {
        file,
        indexFile: `${file}-index`,
        sent: this.#subscribers.size > 0 ? this.#sent : undefined,
        maxBytes: this.#options.maxBytes,
      } satisfies WorkerStart,
      // The options of this process may load a test runner's hooks.
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', () => this.#onEnd(worker, unavailable('the reading thread ended')));
    for (const [subscriberId, { query }] of this.#subscribers) {
      worker.postMessage({ type: 'subscribe', subscriberId, query } satisfies ToWorker);
    }
    return worker;
  }

  #onEnd(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#isCatchingUp = false;
    for (const read of this.#reads.values()) read.reject(error);
    if (this.#subscribers.size > 0) this.#catchUpSoon(RESTART_AFTER_MS);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'response':
        this.#reads.get(message.readId)?.resolve(message.json);
        break;
      case 'refusal': {
        const { readId, status, message: reason, isViolation } = message;
        this.#reads.get(readId)?.reject(new Refusal(status, reason, { isViolation }));
        break;
      }
      case 'event':
        this.#subscribers.get(message.subscriberId)?.emit(message.json, message.traces);
        break;
      case 'sent':
        this.#sent = message.upTo;
        this.#forgetChanges(message.upTo.change);
        break;
      case 'failed':
        this.#options.onFailure(message.reason);
        break;
      case 'caught-up':
        this.#isCatchingUp = false;
        this.#indexSize = message.indexSize;
        // Events about later changes may still have to be sent, by this thread or the next one.
        if (this.#subscribers.size === 0) this.#forgetChanges(message.indexSize.lastChange);
        if (this.#isBehind) this.#catchUpSoon();
        break;
    }
  }

  #forgetChanges(upTo: number): void {
    if (this.#isClosed) return;
    try {
      this.#store.forgetChanges(upTo);
    } catch {
      // The disk may be full, or the file locked: the next message of the thread tries again.
    }
  }

  #catchUpSoon(leastMs = 0): void {
    this.#isBehind = true;
    if (this.#isCatchingUp || this.#isClosed) return;
    const waitMs = Math.max(leastMs, catchUpDelayMs(this.#caughtUpAt));
    this.#catchUpTimer ??= setTimeout(() => this.#catchUp(), waitMs).unref();
  }

  #catchUp(): void {
    this.#catchUpTimer = undefined;
    this.#caughtUpAt = performance.now();
    this.#isBehind = false;
    try {
      this.#post({ type: 'catch-up' });
      this.#isCatchingUp = true;
    } catch {
      // The next read says so. Nothing else starts a thread for pages that wait for events.
      if (this.#subscribers.size > 0) this.#catchUpSoon(RESTART_AFTER_MS);
    }
  }
}

function unavailable(message: string): Refusal {
  return new Refusal(503, message, { isViolation: false });
}
