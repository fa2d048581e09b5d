/**
 * Follows a web request and its response to their end, as far as the runtime reports it.
 *
 * A stream body is replaced by one that passes its chunks through. Any other body is already in memory, and the runtime does
 * not report when it was sent: it counts as sent when the response is returned, and a copy is captured, so that the
 * `Content-Length` stays known.
 */

import { passThrough } from '../../follow/observe/pass-through.js';
import { startTimer, stopTimer, type Timer } from '../../platform/timers.js';
import type { Outcome } from '../../trace/model/trace-api.js';
import { isStreamedType, type ResponseFacts } from '../body/body-facts.js';
import type { FollowedResponse, RecordedRequestTrace } from '../trace/recorded-request-trace.js';

/** What a response body was created from: a stream, a Blob (which may be a file), bytes or a string in memory, or unknown. */
export type BodySource = 'stream' | 'memory' | Blob | undefined;

/**
 * Bodies in memory come as one chunk, or in chunks of this size or more, depending on the runtime. A smaller chunk with others after
 * it is one of a stream, such as a row or a token.
 */
const MIN_CHUNK_BYTES = 4096;

/** More than this in several chunks counts as a stream, even if all of it is there at once. */
const MAX_COPY_BYTES = 16_777_216;

const SWITCHING_PROTOCOLS = 101;

/** One web request and its response. */
export class WebExchange implements FollowedResponse {
  readonly #trace: RecordedRequestTrace;
  readonly #signal: AbortSignal | undefined;
  #status: () => number | undefined;
  #response: Response | undefined = undefined;
  #isUpgraded = false;

  /**
   * @param signal aborts when the client leaves, on runtimes that support it
   * @param status returns the status as far as it is known; outer middleware may still change it
   */
  constructor(
    trace: RecordedRequestTrace,
    signal: AbortSignal | undefined,
    status: () => number | undefined,
  ) {
    this.#trace = trace;
    this.#signal = signal;
    this.#status = status;
  }

  /** Begins to follow. It may settle the trace, if the client has left. */
  start(): void {
    this.#trace.setResponse(this);
    if (this.hasClientLeft) this.clientLeft();
    else this.#signal?.addEventListener('abort', () => this.clientLeft(), { once: true });
  }

  /** Call it when the client has left, or its upgraded connection has ended. Never throws. */
  clientLeft(): void {
    this.settle(this.#outcomeOfLeaving);
  }

  /** The outcome when the client leaves, which is the regular end of an upgraded connection. */
  get #outcomeOfLeaving(): Outcome {
    return this.#isUpgraded ? 'completed' : 'aborted';
  }

  /**
   * Call it when the connection was upgraded without a visible response. The trace then ends with the connection.
   * @param status returns the status as far as it is known
   */
  upgraded(status: () => number | undefined): void {
    this.#isUpgraded = true;
    this.#status = status;
  }

  /**
   * Follows the response, before it is sent.
   * @returns the response to send: the same one, unless its body is a stream
   */
  async followResponse(response: Response, source: BodySource): Promise<Response> {
    this.#response = response;
    if (response.status === SWITCHING_PROTOCOLS) {
      // The response carries the runtime's socket, which a copy would lose.
      this.settle('completed');
      return response;
    }
    const { headers } = response;
    const isFile = typeof source === 'object';
    const isHead = this.#trace.method === 'HEAD';
    if (isFile && !isHead && Number.isFinite(source.size)) this.#trace.addUnseenBytes(source.size);
    const isSent = isFile || isHead || response.bodyUsed;
    const isStream = source === 'stream' || (source !== 'memory' && isStreamed(headers));
    if (!isSent && (isStream || !(await this.#readCopy(response))))
      return this.#followBody(response);
    this.settle('completed');
    return response;
  }

  /** Whether the client is known to have left. */
  get hasClientLeft(): boolean {
    return this.#signal?.aborted === true;
  }

  /** Ends the trace. Never throws. */
  settle(outcome: Outcome, error?: unknown): void {
    try {
      this.#trace.settleResponse(outcome, this.facts(), error);
    } catch (failure) {
      this.#trace.reportFailure('close', failure);
    }
  }

  facts(): ResponseFacts {
    const headers = this.#response?.headers;
    return {
      status: this.#status(),
      contentType: headers?.get('content-type') ?? undefined,
      contentEncoding: headers?.get('content-encoding') ?? undefined,
    };
  }

  /** The signal and the body of the response are followed anyway. */
  followClient(): void {}

  /** The runtime reports a closed connection by the signal alone. */
  isOfClosedConnection(): boolean {
    return false;
  }

  #followBody(response: Response): Response {
    const { body } = response;
    if (body === null || body.locked) {
      this.settle('completed');
      return response;
    }
    return new Response(this.#passOn(body), response);
  }

  /** A stream that passes the chunks through. The source runs in the scope of the trace. */
  #passOn(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
    const trace = this.#trace;
    return passThrough(body, {
      onPull: (read) => trace.run(read),
      onChunk: (chunk) => trace.addChunk(chunk, undefined),
      onEnd: () => this.settle('completed'),
      onError: (error) => this.settle('error', error),
      onCancel: (isRead) => this.#onCancel(isRead),
      onFailure: (what, error) => trace.reportFailure(what === 'chunk' ? 'write' : what, error),
    });
  }

  /** A stream that was cancelled unread may have been replaced by the app, with the request still served. */
  #onCancel(isRead: boolean): void {
    if (isRead || this.hasClientLeft) this.settle('aborted');
    else startTimer(() => this.settle(this.hasClientLeft ? 'aborted' : 'completed'), 0);
  }

  /**
   * Captures and counts a copy of a body if it is in memory, which only reading shows. Reads a copy, since reading `body` of the
   * response itself would convert it to a stream, and Bun would lose its type.
   * @returns false if the body is a stream, of which nothing is captured here
   */
  async #readCopy(response: Response): Promise<boolean> {
    const reader = this.#trace.run(() => response.clone().body?.getReader());
    if (reader === undefined) return true;
    const turn = new Turn();
    const read = () => reader.read();
    const room = this.#trace.captureRoom;
    const chunks: Uint8Array[] = [];
    let keptBytes = 0;
    let bytes = 0;
    let last = MIN_CHUNK_BYTES;
    for (;;) {
      const result = await turn.valueOf(this.#trace.run(read));
      if (result?.done) break;
      const isLong = chunks.length > 0 && bytes > MAX_COPY_BYTES;
      if (result === undefined || last < MIN_CHUNK_BYTES || isLong) {
        reader.cancel().catch(() => {});
        turn.stop();
        return false;
      }
      last = result.value.byteLength;
      bytes += last;
      // The first chunk shows when the response began.
      if (chunks.length === 0 || keptBytes < room) {
        chunks.push(result.value);
        keptBytes += last;
      }
    }
    turn.stop();
    for (const chunk of chunks) this.#trace.addChunk(chunk, undefined);
    this.#trace.addUnseenBytes(bytes - keptBytes);
    return true;
  }
}

function isStreamed(headers: Headers): boolean {
  return (
    headers.has('transfer-encoding') ||
    headers.has('content-encoding') ||
    isStreamedType(headers.get('content-type') ?? '')
  );
}

/** More microtasks than Deno and Bun need to read a body in memory. */
const MICROTASKS = 8;

/**
 * The rest of this turn of the event loop, from the first promise on that needs more than microtasks; and for one promise the next
 * turn too: on a busy machine, a timer is due before Node 24 has read a Blob.
 */
class Turn {
  #timer: Timer | undefined = undefined;
  #end: Promise<void> | undefined = undefined;
  #isExtended = false;

  /** The value of a promise that resolves within it; undefined if it takes longer or rejects. */
  async valueOf<T extends object>(promise: Promise<T>): Promise<T | undefined> {
    let result: T | undefined;
    let isOver = false;
    const over = promise.then(
      (value) => {
        result = value;
        isOver = true;
      },
      () => {
        isOver = true;
      },
    );
    for (let i = 0; i < MICROTASKS && !isOver; i++) await undefined;
    if (!isOver) await Promise.race([over, this.#ended()]);
    if (!isOver && !this.#isExtended) {
      this.#isExtended = true;
      await Promise.race([over, this.#nextTurn()]);
    }
    return result;
  }

  stop(): void {
    stopTimer(this.#timer);
  }

  #ended(): Promise<void> {
    this.#end ??= this.#nextTurn();
    return this.#end;
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = startTimer(resolve, 0);
    });
  }
}
