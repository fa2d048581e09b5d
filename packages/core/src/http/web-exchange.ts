/**
 * A web request and its response, followed to their end as far as a runtime shows it.
 *
 * A body that is a stream is replaced by one that passes its chunks through. Any other is in memory already, and is sent
 * by the runtime without a word: it counts as sent when it is handed over, and is read from a copy, so that its length
 * stays known and goes out with it.
 */

import type { Outcome } from '../trace/types.js';
import type { AnswerFacts } from './answer-facts.js';
import { followedStream } from './followed-stream.js';
import type { RecordedRequest } from './request-trace.js';
import { soon } from './soon.js';

/** What is known of a body by how it was made: a stream, or something of a file's size and place. */
export type BodySource = 'stream' | 'file' | undefined;

/** A body that has so much at once is left as it is, seen or not: as a stream it would lose its length. */
const MAX_COPY_BYTES = 16_777_216;

const SWITCHING_PROTOCOLS = 101;

/** Media types that are sent as a stream, whoever makes the response. */
const STREAMED = /^(?:text\/event-stream|application\/(?:x-ndjson|jsonl|ndjson))\b/;

export class WebExchange {
  readonly #trace: RecordedRequest;
  readonly #signal: AbortSignal | undefined;
  #status: () => number | undefined;
  #response: Response | undefined = undefined;
  #isUpgraded = false;

  /**
   * @param signal aborts when the client leaves, on runtimes that tell
   * @param status that goes out, as far as it is known: what runs after us may still change it
   */
  constructor(
    trace: RecordedRequest,
    signal: AbortSignal | undefined,
    status: () => number | undefined,
  ) {
    this.#trace = trace;
    this.#signal = signal;
    this.#status = status;
    trace.readFacts = () => this.#facts();
    if (signal?.aborted === true) this.left();
    else signal?.addEventListener('abort', () => this.settle(this.#leaving), { once: true });
  }

  /** The client has left, or the connection that it upgraded has ended. Never throws. */
  left(): void {
    this.settle(this.#leaving);
  }

  /** An upgraded connection has no other end than that the client leaves. */
  get #leaving(): Outcome {
    return this.#isUpgraded ? 'completed' : 'aborted';
  }

  /**
   * The connection was upgraded, which no response shows: nothing more of HTTP follows, and the trace ends with the
   * connection.
   * @param status that went out, as far as it is known
   */
  upgraded(status: () => number | undefined): void {
    this.#isUpgraded = true;
    this.#status = status;
  }

  /**
   * Follows the response, which must not have been sent yet.
   * @returns what is to be sent: the same response, unless its body is a stream
   */
  async handOver(response: Response, source: BodySource): Promise<Response> {
    this.#response = response;
    if (response.status === SWITCHING_PROTOCOLS) {
      // It carries the socket of the runtime: a copy would have none, or cannot be made.
      this.settle('completed');
      return response;
    }
    const { headers } = response;
    if (source === 'file') this.#trace.answeredUnseen(Number(headers.get('content-length')));
    const isSent = source === 'file' || this.#trace.method === 'HEAD' || response.bodyUsed;
    const isStream = source === 'stream' || isStreamed(headers);
    if (!isSent && (isStream || !(await this.#readCopy(response)))) return this.#followed(response);
    this.settle('completed');
    return response;
  }

  /** Whether the client is known to have left. */
  get isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** Ends the trace. Never throws. */
  settle(outcome: Outcome, error?: unknown): void {
    try {
      this.#trace.settleAnswer(outcome, this.#facts(), error);
    } catch (failure) {
      this.#trace.failed('close', failure);
    }
  }

  #facts(): AnswerFacts {
    const headers = this.#response?.headers;
    return {
      status: this.#status(),
      contentType: headers?.get('content-type') ?? undefined,
      contentEncoding: headers?.get('content-encoding') ?? undefined,
    };
  }

  #followed(response: Response): Response {
    const { body } = response;
    if (body === null || body.locked) {
      this.settle('completed');
      return response;
    }
    return new Response(followedStream(this.#trace, body, this), response);
  }

  /**
   * Reads a copy of a body that is in memory already. To ask for the body itself would make a stream of it, and have
   * Bun forget its type.
   * @returns false where it turns out to be a stream
   */
  async #readCopy(response: Response): Promise<boolean> {
    const reader = this.#trace.run(() => response.clone().body?.getReader());
    if (reader === undefined) return true;
    const read = () => reader.read();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const result = await soon(this.#trace.run(read));
      if (result === undefined) {
        reader.cancel().catch(() => {});
        return false;
      }
      if (result.done) break;
      chunks.push(result.value);
      bytes += result.value.byteLength;
      if (bytes > MAX_COPY_BYTES) {
        reader.cancel().catch(() => {});
        break;
      }
    }
    for (const chunk of chunks) this.#trace.answered(chunk, undefined);
    return true;
  }
}

function isStreamed(headers: Headers): boolean {
  return (
    headers.has('transfer-encoding') ||
    headers.has('content-encoding') ||
    STREAMED.test(headers.get('content-type') ?? '')
  );
}
