/**
 * Workers of early 2026 as far as their rules concern us, with a clock and a far end that tests hold: I/O belongs to the
 * request that began it, none is allowed outside of requests, and a request that is cancelled goes no further.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';

/** What the far end makes of a call: a response, or none at all. */
export type FarEnd = (body: string) => Response | undefined;

interface Timer {
  readonly request: FakeRequest;
  readonly fn: () => void;
  readonly everyMs: number | undefined;
  at: number;
}

export interface FakeRequest {
  /** Resolves when the response and all that was given to `waitUntil` is there. */
  readonly isOver: Promise<unknown>;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export class FakeWorkers {
  /** What the app exports. */
  readonly exports: Readonly<Record<string, unknown>>;
  #now = 1_800_000_000_000;
  readonly #current = new AsyncLocalStorage<FakeRequest>();
  readonly #cancelled = new WeakSet<FakeRequest>();
  #timers = new Map<number, Timer>();
  #nextTimer = 1;

  /**
   * @param script the app, bundled to CommonJS
   * @param farEnd answers every `fetch`
   */
  constructor(script: string, farEnd: FarEnd) {
    const module = { exports: {} };
    const globals = this.#globals(farEnd);
    runInContext(
      script,
      createContext({ ...globals, module, require: createRequire(import.meta.url) }),
    );
    this.exports = module.exports;
  }

  /** Runs a handler as a request of its own. */
  request(handle: (context: Pick<FakeRequest, 'waitUntil'>) => Promise<unknown>): FakeRequest {
    const work: Promise<unknown>[] = [];
    const context = { waitUntil: (each: Promise<unknown>) => void work.push(each) };
    const request: { isOver: Promise<unknown> } & typeof context = {
      ...context,
      isOver: Promise.resolve(),
    };
    request.isOver = this.#current.run(request, async () => {
      const result = await handle(context);
      for (const each of work) await each;
      return result;
    });
    return request;
  }

  /** From now on nothing of the request happens any more. */
  cancel(request: FakeRequest): void {
    this.#cancelled.add(request);
    for (const [id, timer] of this.#timers) if (timer.request === request) this.#timers.delete(id);
  }

  /** Has time pass: what is due happens in its order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined || next[1].at > end) break;
      const [id, timer] = next;
      this.#now = Math.max(this.#now, timer.at);
      if (timer.everyMs === undefined) this.#timers.delete(id);
      else timer.at += timer.everyMs;
      this.#current.run(timer.request, timer.fn);
    }
    this.#now = end;
  }

  #globals(farEnd: FarEnd): Record<string, unknown> {
    const request = () => this.#request();
    const start = (fn: () => void, ms: number, everyMs?: number) => {
      const id = this.#nextTimer++;
      this.#timers.set(id, { request: request(), fn, everyMs, at: this.#now + (ms || 0) });
      return id;
    };
    const stop = (id: number) => void this.#timers.delete(id);
    const now = () => (this.#current.getStore() === undefined ? 0 : this.#now);
    class Controller extends AbortController {
      readonly #owner = request();
      #check() {
        if (request() !== this.#owner) throw new Error('Cannot perform I/O on behalf of another');
      }
      override get signal() {
        this.#check();
        return super.signal;
      }
      override abort(reason?: unknown) {
        this.#check();
        super.abort(reason);
      }
    }
    return {
      ...{ console, URL, TextEncoder, TextDecoder, Headers, Request, Response, ReadableStream },
      ...{ Uint8Array, ArrayBuffer, FormData, Blob, URLSearchParams, Error, TypeError },
      AbortController: Controller,
      Date: class extends Date {
        static override now = now;
      },
      performance: { now, timeOrigin: 0 },
      crypto: { randomUUID: () => request() && crypto.randomUUID() },
      setTimeout: (fn: () => void, ms: number) => start(fn, ms),
      setInterval: (fn: () => void, ms: number) => start(fn, ms, ms),
      clearTimeout: stop,
      clearInterval: stop,
      fetch: (_url: URL, init: RequestInit) => this.#fetch(farEnd, init),
    };
  }

  #fetch(farEnd: FarEnd, { body, signal }: RequestInit): Promise<Response> {
    const request = this.#request();
    return new Promise((resolve, reject) => {
      if (this.#cancelled.has(request)) return;
      const response = farEnd(new TextDecoder().decode(body as Uint8Array));
      if (response !== undefined) resolve(response);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  #request(): FakeRequest {
    const request = this.#current.getStore();
    if (request === undefined) throw new Error('Disallowed operation called within global scope');
    return request;
  }
}
