import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Refusal } from '../http/refusal.js';
import { buildFolder } from '../package-folders.cjs';
import { parseQuery } from '../queries/trace-query.js';
import type { Store } from '../storage/store.js';
import type { IndexState } from '../storage/upkeep.js';
import type { Position } from '../trace-index/trace-index.js';
import type { Emit } from './live-events.js';
import type { ReadContext } from './read-handler.js';
import { catchUpDelayMs, type Reader, type ReaderOptions, ReaderUnavailable } from './reader.js';
import type { FromWorker, ToWorker, WorkerStart } from './worker-messages.js';

/** The code of the reading thread. */
const WORKER_FILE = join(buildFolder, 'page/read-worker.js');
/** Enough for what a read or a row leaves behind; without a limit, Node 20 keeps some 30 MB more, and Node 24 some 60. */
const YOUNG_GENERATION_MB = 8;
/** A read that takes longer hangs: the thread is terminated, and the next read starts another. */
const HUNG_AFTER_MS = 60_000;
/**
 * If threads end without bringing the index up to date, the second one is started at once, since the first may have removed a
 * damaged index. Before each further one there is a pause: this one, and then twice the last.
 */
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;

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
 * row. If it ends, its reads fail, and another one is started: by the next read or row, and without them if pages wait for
 * events or rows are not indexed.
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
  /** Number of consecutive threads that ended, or were refused by the system, before the index was up to date. */
  #failedThreads = 0;
  /** The error of the last one. */
  #failure = '';
  /** No thread is started before this time. */
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #indexState: IndexState = { bytes: 0, lastChange: 0 };
  /** The newest row and change that every subscriber has received. */
  #sent: Position = { newest: 0, change: 0 };

  constructor(store: Store, options: ReaderOptions) {
    this.#store = store;
    this.#options = options;
    this.#stopFollowing = store.subscribe(() => this.#catchUpSoon());
  }

  get indexState(): IndexState {
    return this.#indexState;
  }

  get(path: string, query: string, context: ReadContext, signal?: AbortSignal): Promise<string> {
    if (this.#isClosed) return Promise.reject(new ReaderUnavailable('the server is closing'));
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
      const worker = this.#running();
      if (worker)
        worker.postMessage({ type: 'get', readId, path, query, context } satisfies ToWorker);
      else read.reject(new ReaderUnavailable(this.#failure));
    });
  }

  subscribe(query: string, emit: Emit): () => void {
    parseQuery(new URLSearchParams(query));
    const subscriberId = ++this.#lastSubscriberId;
    if (this.#subscribers.size === 0) {
      this.#sent = { newest: this.#store.newest, change: this.#indexState.lastChange };
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

  /** The thread, which is started if none runs; undefined if there can be none now. */
  #running(): Worker | undefined {
    if (this.#worker || performance.now() < this.#pausedUntil) return this.#worker;
    try {
      this.#worker = this.#start();
    } catch (error) {
      this.#reportFailedThread(`the system refuses a thread that reads traces: ${error}`);
    }
    return this.#worker;
  }

  #start(): Worker {
    const { file } = this.#store;
    const worker = new Worker(WORKER_FILE, {
      workerData: {
        file,
        indexFile: `${file}-index`,
        sent: this.#subscribers.size > 0 ? this.#sent : undefined,
        maxBytes: this.#options.maxBytes,
      } satisfies WorkerStart,
      // The options of this process may load a test runner's hooks.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.unref();
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', () => this.#onEnd(worker, new ReaderUnavailable('the reading thread ended')));
    for (const [subscriberId, { query }] of this.#subscribers) {
      worker.postMessage({ type: 'subscribe', subscriberId, query } satisfies ToWorker);
    }
    this.#requestCatchUp(worker);
    return worker;
  }

  #onEnd(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const isFailed = this.#isCatchingUp;
    this.#isCatchingUp = false;
    const reads = [...this.#reads.values()];
    if (isFailed && !this.#isClosed) this.#reportFailedThread(error.message);
    for (const read of reads) read.reject(isFailed ? new ReaderUnavailable(error.message) : error);
    if (this.#subscribers.size > 0) this.#catchUpSoon(FIRST_PAUSE_MS);
  }

  /** Counts a thread that ended before the index was up to date. Two in a row are reported to `onFailure`. */
  #reportFailedThread(reason: string): void {
    this.#failure = reason;
    this.#failedThreads += 1;
    const pauses = this.#failedThreads - 2;
    if (pauses === 0) {
      this.#options.onFailure(
        `${reason}. Rows are stored meanwhile, and it is tried again within a minute`,
      );
    }
    if (pauses >= 0) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** pauses, MAX_PAUSE_MS);
      this.#pausedUntil = performance.now() + pauseMs;
    }
    this.#catchUpSoon();
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
        this.#failedThreads = 0;
        this.#indexState = message.indexState;
        // Events about later changes may still have to be sent, by this thread or the next one.
        if (this.#subscribers.size === 0) this.#forgetChanges(message.indexState.lastChange);
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
    const pauseMs = this.#pausedUntil - performance.now();
    const waitMs = Math.max(leastMs, pauseMs, catchUpDelayMs(this.#caughtUpAt));
    this.#catchUpTimer ??= setTimeout(() => this.#catchUp(), waitMs).unref();
  }

  #catchUp(): void {
    this.#catchUpTimer = undefined;
    if (this.#worker) this.#requestCatchUp(this.#worker);
    else if (!this.#running()) this.#catchUpSoon();
  }

  #requestCatchUp(worker: Worker): void {
    this.#caughtUpAt = performance.now();
    this.#isBehind = false;
    this.#isCatchingUp = true;
    worker.postMessage({ type: 'catch-up' } satisfies ToWorker);
  }
}
