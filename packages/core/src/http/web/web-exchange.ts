/**
 * Follows a web request and its response to their end, as far as the runtime reports it.
 *
 * A stream body is replaced by one that passes its chunks through. Any other body is already in memory, and the runtime does
 * not report when it was sent: it counts as sent when the response is returned, and a copy is captured, so that the
 * `Content-Length` stays known.
 */

import { passThrough } from '../../follow/pass-through.js';
import { startTimer, stopTimer, type Timer } from '../../platform/timers.js';
import type { Outcome } from '../../trace/model/types.js';
import { isStreamedType, type ResponseFacts } from '../body/body-facts.js';
import type { RecordedRequestTrace } from '../trace/recorded-request-trace.js';
import type { FollowedResponse } from '../trace/request-facts.js';
import { lengthIn } from './web-request-body.js';

/** What a response body was created from: a stream, a Blob (which may be a file), bytes or a string in memory, or unknown. */
export type BodySource = 'stream' | 'memory' | Blob | undefined;

/** No more is read of a copy. The body is sent unchanged, since a stream would lose the `Content-Length`. */
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
    trace.setResponse(this);
    if (signal?.aborted === true) this.clientLeft();
    else
      signal?.addEventListener('abort', () => this.settle(this.#outcomeOfLeaving), { once: true });
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
   * Captures and counts a copy of a body that is in memory. Only reading it shows that it is. Reading `body` of the response
   * itself would convert it to a stream, and Bun would lose its type.
   * @returns false if the body is a stream
   */
  async #readCopy(response: Response): Promise<boolean> {
    const reader = this.#trace.run(() => response.clone().body?.getReader());
    if (reader === undefined) return true;
    const read = () => reader.read();
    const chunks: Uint8Array[] = [];
    const room = this.#trace.captureRoom;
    let keptBytes = 0;
    let bytes = 0;
    let isWhole = true;
    for (;;) {
      const result = await valueThisTurn(this.#trace.run(read));
      if (result === undefined) {
        reader.cancel().catch(() => {});
        return false;
      }
      if (result.done) break;
      const chunk = result.value;
      bytes += chunk.byteLength;
      // The first chunk shows when the response began.
      if (chunks.length === 0 || keptBytes < room) {
        chunks.push(chunk);
        keptBytes += chunk.byteLength;
      }
      if (bytes > MAX_COPY_BYTES) {
        isWhole = false;
        reader.cancel().catch(() => {});
        break;
      }
    }
    for (const chunk of chunks) this.#trace.addChunk(chunk, undefined);
    const length = isWhole ? bytes : lengthIn(response.headers);
    const isKnown = length !== undefined && length >= keptBytes;
    this.#trace.addUnseenBytes(isKnown ? length - keptBytes : undefined);
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

/** The value of a promise that resolves within this turn of the event loop; undefined if it takes longer or rejects. */
async function valueThisTurn<T extends object>(promise: Promise<T>): Promise<T | undefined> {
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
  if (!isOver) {
    let timer: Timer | undefined;
    const turn = new Promise<void>((resolve) => {
      timer = startTimer(resolve, 0);
    });
    await Promise.race([over, turn]);
    stopTimer(timer);
  }
  return result;
}
