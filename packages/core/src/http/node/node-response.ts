/**
 * Follows a Node response to its true end: it was sent, the client left, the server closed the connection, or an adapter
 * without any connection ended it.
 *
 * The methods are replaced on the response itself, since an Express app that is called swaps the prototype, and serverless
 * adapters use classes of their own. Before V8 12 this costs 15 us for a response whose prototype was swapped, as Express does;
 * there, the methods of the prototype are replaced once.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { emitterBehind } from '../../follow/observe/on-emit.js';
import { assignMethod, type Method, methodNamed } from '../../follow/observe/replace-method.js';
import { errorThatWasFound } from '../../trace/model/recorded-error.js';
import type { Outcome } from '../../trace/model/trace-api.js';
import { dataProperty, isError } from '../../values/reading/read-safely.js';
import { NOTHING_SENT, type ResponseFacts } from '../body/body-facts.js';
import type { FollowedResponse, RecordedRequestTrace } from '../trace/recorded-request-trace.js';
import { openTraceOf } from '../trace/traced-requests.js';
import { type Connection, isReadSlowly, mayHaveLeft } from './client-left.js';
import {
  type Http2Stream,
  http2StreamOf,
  onCloseHere,
  onWrite,
  sentHeaderOfStream,
  sentStatusOf,
  wasSentByStream,
} from './http2-stream.js';
import { NodeUpgrade } from './node-upgrade.js';
import { isEnd, isObserved, type ObservedResponse } from './observed-prototypes.js';
import { replaceOnResponse } from './replace-on-response.js';
import { type WaitingResponse, waitingOn } from './waiting-responses.js';

/**
 * Captures the response, and settles the trace at its end, or at once if the response is over.
 * @param res undefined if the connection was upgraded before the app ran, as with `koa-websocket`
 */
export function followResponse(
  trace: RecordedRequestTrace,
  req: IncomingMessage,
  res: ServerResponse | undefined,
): void {
  const response = new NodeResponse(trace, req, res ?? ({} as ServerResponse));
  trace.setResponse(response);
  response.start();
}

class NodeResponse implements FollowedResponse, ObservedResponse, WaitingResponse {
  readonly #trace: RecordedRequestTrace;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #connection: Connection | undefined;
  /** Whether Node's own server sends the response, so that 'close' is always emitted. */
  readonly #isServed: boolean;
  /** Undefined over HTTP/1. */
  readonly #stream: Http2Stream | undefined;
  /** Whether the server has closed the HTTP/2 stream, and not the client. */
  #isStreamClosedHere = false;
  /** Whether the prototype's methods are replaced, and not the response's own. */
  readonly isObserved: boolean;
  /** Undefined if the request asks for none. */
  readonly #upgrade: NodeUpgrade | undefined;
  /** The open responses of the connection that wait for their turn, this one among them; undefined if it has its turn. */
  #waiting: Set<WaitingResponse> | undefined = undefined;
  /** Whether the app has called `end`, after which inner writes are already counted. */
  #isEnded = false;
  /** Whether other middleware had replaced the methods before, so that it may send other bytes than are counted. */
  #isTransformed = false;
  #depth = 0;

  constructor(trace: RecordedRequestTrace, req: IncomingMessage, res: ServerResponse) {
    this.#trace = trace;
    this.#req = req;
    this.#res = res;
    this.#connection = (req.socket as Connection | null | undefined) ?? undefined;
    this.#stream = http2StreamOf(res);
    this.#isServed = this.#stream !== undefined || this.#connection?.server !== undefined;
    this.isObserved = res.req === req && isObserved(res);
    this.#upgrade = mayBeUpgraded(req)
      ? new NodeUpgrade({
          connection: this.#connection ?? {},
          trace,
          onWebSocketClose: (outcome) => trace.settleResponse(outcome, this.facts()),
        })
      : undefined;
  }

  start(): void {
    const outcome = this.#outcomeSoFar();
    if (outcome !== undefined) {
      this.#settleClosed(outcome);
      return;
    }
    if (!this.isObserved) this.#replaceMethods();
    if (this.#stream !== undefined) this.#followStream(this.#stream);
    // Some helpers upgrade the connection before they run the app, others while it runs.
    this.#upgrade?.awaitWebSocket();
    // A pipelined response gets its socket when its turn comes, and the response of an upgraded connection never does. Without
    // a socket, a response emits no 'close' when the connection closes.
    const socket = this.#connection;
    if (this.#isServed && !this.#res.socket && typeof socket?.once === 'function') {
      this.#waiting = waitingOn(socket as Socket);
      this.#waiting.add(this);
    } else if (this.#res.end === undefined) {
      this.#settle('completed');
    }
  }

  #followStream(stream: Http2Stream): void {
    onCloseHere(stream, () => {
      this.#isStreamClosedHere ||= !mayHaveLeft(this.#connection);
    });
    // Node ends a stream that the client closed.
    onWrite(stream, (name, original, args) =>
      stream.closed === true
        ? original.apply(stream, args)
        : this.callWriting(name, original, stream, args),
    );
  }

  facts(): ResponseFacts {
    const res = this.#res;
    const stream = this.#stream;
    if (stream?.headersSent === true) {
      return {
        status: this.#status(),
        contentType: sentHeaderOfStream(stream, 'content-type'),
        contentEncoding: sentHeaderOfStream(stream, 'content-encoding'),
      };
    }
    const contentType = appHeaderOf(res, 'content-type');
    const contentEncoding = appHeaderOf(res, 'content-encoding');
    if (contentType !== undefined) return { status: this.#status(), contentType, contentEncoding };
    return {
      status: this.#status(),
      contentType: sentHeaderOf(res, /\r\ncontent-type: ([^\r]*)/i),
      contentEncoding: contentEncoding ?? sentHeaderOf(res, /\r\ncontent-encoding: ([^\r]*)/i),
    };
  }

  followClient(): void {
    const res: Partial<ServerResponse> = this.#res;
    if (res.destroyed || res.closed) return;
    res.once?.('close', () => {
      if (!res.writableFinished) this.#trace.settleResponse('aborted', NOTHING_SENT);
    });
  }

  isOfClosedConnection(error: unknown): boolean {
    try {
      const connection: Partial<Pick<Socket, 'destroyed' | 'errored'>> | undefined =
        this.#stream ?? this.#connection;
      // If the response was destroyed with an error, the connection was closed because of that.
      if (connection?.destroyed !== true || this.#res.errored || !isError(error)) return false;
      return (
        error === connection.errored || dataProperty(error, 'code') === 'ERR_STREAM_PREMATURE_CLOSE'
      );
    } catch (failure) {
      this.#trace.reportFailure('error', failure);
      return false;
    }
  }

  /** The status that was sent; undefined before. Adapters may redefine `headersSent`. */
  #status(): number | undefined {
    const { headersSent, writableEnded, statusCode } = this.#res;
    const sent = sentStatusOf(this.#stream);
    if (sent !== undefined) return sent;
    if (headersSent || writableEnded || this.#isEnded) return statusCode;
    return this.#wasUpgraded() ? 101 : undefined;
  }

  /** Whether the connection was upgraded to another protocol, for which Node emits no event on the response. */
  #wasUpgraded(): boolean {
    if (this.#upgrade === undefined || this.#res.headersSent) return false;
    // After a handshake, apps get a response without a socket.
    const isDetached = !this.#res.socket && this.#connection?._httpMessage !== this.#res;
    return isDetached || this.#upgrade.hasSent;
  }

  /** The outcome of a response that ended before the middleware ran; undefined if it did not. */
  #outcomeSoFar(): Outcome | undefined {
    const { writableEnded, writableFinished, destroyed, closed } = this.#res;
    if (writableEnded && (writableFinished || !this.#isServed)) return 'completed';
    if (destroyed || closed) return this.#outcomeOfClose();
    const isLost = this.#isServed && this.#connection?.destroyed === true;
    return isLost ? this.#outcomeOfLoss() : undefined;
  }

  #outcomeOfClose(): Outcome {
    // `writableFinished` is also true for a response that was ended after its connection was lost.
    if (this.#res.errored) return 'error';
    if (this.#isComplete()) return 'completed';
    if (this.#wasUpgraded()) return this.#connection?.errored ? 'aborted' : 'completed';
    if (this.#stream !== undefined && wasSentByStream(this.#stream)) return 'completed';
    return this.#outcomeOfLoss();
  }

  /** The outcome of a response whose connection closed before it was sent. What cannot be known counts as the client's leaving. */
  #outcomeOfLoss(): Outcome {
    return this.#wasClosedHere() ? 'error' : 'aborted';
  }

  /** The response or its connection has closed. */
  #onClose(): void {
    if (this.#wasUpgraded() && this.#upgrade?.tryToFollow()) return;
    this.#settleClosed(this.#outcomeOfClose());
  }

  /** Whether the server closed the connection or the HTTP/2 stream: the client has neither ended nor reset it. */
  #wasClosedHere(): boolean {
    if (this.#stream !== undefined) return this.#isStreamClosedHere;
    const socket = this.#connection;
    if (!this.#isServed || socket?.destroyed !== true || mayHaveLeft(socket)) return false;
    return !isReadSlowly(this.#req, socket);
  }

  /** Whether as many bytes were written as `Content-Length` announced: the response is complete before `end` is called. */
  #isComplete(): boolean {
    // After `end`, the length in the head may be computed by Node from the bytes written.
    const length = this.#contentLength({ isInHead: !this.#res.writableEnded });
    return length !== undefined && this.#trace.responseBytes >= length;
  }

  /** `Content-Length` as the app set it, or else as it is in the sent head. */
  #contentLength({ isInHead }: { readonly isInHead: boolean }): number | undefined {
    let length = appHeaderOf(this.#res, 'content-length');
    if (length === undefined && isInHead)
      length = sentHeaderOf(this.#res, /\r\ncontent-length: (\d+)/i);
    return length === undefined ? undefined : Number(length);
  }

  /** The app has ended the response, and all of it was sent. */
  #onFinish(): void {
    const error = this.#lengthError();
    this.#settle(error === undefined ? 'completed' : 'error', error);
  }

  /** The error of a response that is shorter than its `Content-Length`, for whose rest the client waits. */
  #lengthError(): Error | undefined {
    const { statusCode } = this.#res;
    if (!this.#isServed || this.#isTransformed || this.#trace.method === 'HEAD') return undefined;
    if (statusCode === 204 || statusCode === 304) return undefined;
    const length = this.#contentLength({ isInHead: true });
    const { responseBytes } = this.#trace;
    if (length === undefined || !(responseBytes < length)) return undefined;
    return errorThatWasFound(
      `the response has ${responseBytes} of the ${length} bytes of its content-length`,
    );
  }

  /** Settles the trace of a response whose connection or stream has closed. */
  #settleClosed(outcome: Outcome): void {
    this.#settle(outcome);
    if (outcome === 'error') this.#trace.abortSignal();
  }

  /** @param cause of an error; undefined if the connection has it */
  #settle(outcome: Outcome, cause?: Error): void {
    // Mocks such as node-mocks-http write nothing and keep the body for `_getData()`.
    const { _getData: getData } = this.#res as { _getData?: unknown };
    if (typeof getData === 'function' && this.#trace.responseBytes === 0) {
      this.#trace.addChunk(Reflect.apply(getData, this.#res, []), undefined);
    }
    const { errored } = this.#res;
    if (errored) this.#trace.settleResponse('error', this.facts(), errored);
    else if (outcome !== 'error') this.#trace.settleResponse(outcome, this.facts());
    else this.#trace.settleResponse('error', this.facts(), cause ?? this.#causeOfClose());
  }

  #causeOfClose(): unknown {
    const errored = this.#stream === undefined ? this.#connection?.errored : this.#stream.errored;
    return (
      errored ??
      errorThatWasFound('the server closed the connection before its response was complete')
    );
  }

  #replaceMethods(): void {
    const res = this.#res;
    const emitter = emitterBehind(res);
    this.#isTransformed = Object.hasOwn(emitter, 'write') || Object.hasOwn(emitter, 'end');
    replaceOnResponse(res, emitter, 'write', observedWriting, this);
    replaceOnResponse(res, emitter, 'end', observedWriting, this);
    const emit = methodNamed(emitter, 'emit');
    // A listener could be removed, or come after one that throws.
    if (emit === undefined || assignMethod(emitter, 'emit', observedEmit(emit, this))) return;
    for (const event of ['close', 'finish'] as const)
      (res as Partial<ServerResponse>).on?.(event, () => this.onEvent(event));
  }

  /** Calls `write` or `end`, and counts and captures the chunk. */
  callWriting(name: string, original: Method, self: unknown, args: unknown[]): unknown {
    const { responseBytes, hasResponded } = this.#trace;
    const isCaptured = this.#captureCall(name, args);
    this.#depth++;
    try {
      const result = original.apply(self, args);
      if (name === 'end') this.#onEndCalled();
      return result;
    } catch (error) {
      if (isCaptured) this.#takeBack(responseBytes, hasResponded);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** The response refused the call, so the app may end it in another way. */
  #takeBack(bytesBefore: number, hadResponded: boolean): void {
    try {
      this.#isEnded = false;
      this.#trace.removeChunk(bytesBefore, hadResponded);
    } catch (error) {
      this.#trace.reportFailure('write', error);
    }
  }

  /**
   * Captures the chunk of the outermost call, since `end` may call `write` for its chunk.
   * @returns whether the call counts
   */
  #captureCall(name: string, args: readonly unknown[]): boolean {
    const trace = this.#trace;
    const isEnd = name === 'end';
    try {
      if (trace.isSettled || this.#depth > 0 || this.#isEnded) return false;
      // After the end, or without a connection, nothing is sent.
      if (this.#res.writableEnded || this.#res.destroyed) return false;
      if (this.#isServed && this.#connection?.destroyed === true) return false;
      trace.addChunk(args[0], args[1]);
      if (isEnd) this.#isEnded = true;
      if (trace.recorder.writeAhead !== undefined && (isEnd || this.#isComplete())) {
        // Not the status that was sent: Node may send the head only with the last bytes.
        const status = sentStatusOf(this.#stream) ?? this.#res.statusCode;
        trace.writeAhead({ ...this.facts(), status });
      }
    } catch (error) {
      trace.reportFailure('write', error);
    }
    return true;
  }

  /** Settles the trace if the response has no connection, since it emits no event after its `end`. */
  #onEndCalled(): void {
    try {
      if (this.#isServed || this.#trace.isSettled) return;
      if (this.#res.writableEnded !== false) this.#settle('completed');
    } catch (error) {
      this.#trace.reportFailure('end', error);
    }
  }

  /** Called for the events that may end the response. Never throws. */
  onEvent(event: 'close' | 'finish'): void {
    try {
      this.#waiting?.delete(this);
      this.#upgrade?.stopWaiting();
      if (this.#trace.isSettled) return;
      // After the client left, an HTTP/2 response may emit 'finish' although it was not ended.
      if (event === 'close') this.#onClose();
      else if (this.#res.writableEnded !== false) this.#onFinish();
    } catch (error) {
      this.#trace.reportFailure('end', error);
    }
  }

  /** Called when the socket closed. If the response got it, 'close' is emitted on the response next. */
  socketClosed(): void {
    try {
      this.#upgrade?.stopWaiting();
      if (this.#res.socket) return;
      if (this.#wasUpgraded()) {
        this.#onClose();
      } else {
        const outcome = this.#outcomeOfLoss();
        const error = outcome === 'error' ? this.#causeOfClose() : undefined;
        this.#trace.settleResponse(outcome, NOTHING_SENT, error);
        this.#trace.abortSignal();
      }
    } catch (error) {
      this.#trace.reportFailure('close', error);
    }
  }
}

/**
 * Whether the client offers an upgrade that may be taken: by Node, or by a handler that makes the handshake itself. Java's clients
 * offer one that nobody takes, and then bytes without a head are a response with a status of 1xx, such as 103.
 */
function mayBeUpgraded(req: IncomingMessage): boolean {
  const { upgrade: offered } = req.headers ?? {};
  if (offered === undefined) return false;
  return (req as { upgrade?: unknown }).upgrade !== false || /websocket/i.test(offered);
}

function observedWriting(original: Method, name: string, response: NodeResponse): Method {
  return function observed(...args) {
    return response.callWriting(name, original, this, args);
  };
}

/** Called for every event of the response, so it looks at the event first. */
function observedEmit(emit: Method, response: NodeResponse): Method {
  return function emitObserved(this: unknown, event: unknown) {
    if (isEnd(event)) response.onEvent(event);
    // biome-ignore lint/complexity/noArguments: an array for each event costs more
    return emit.apply(this, arguments as unknown as unknown[]);
  };
}

/** A header that the app has set. */
function appHeaderOf(res: ServerResponse, name: string): string | undefined {
  const value = typeof res.getHeader === 'function' ? res.getHeader(name) : undefined;
  return value === undefined ? undefined : String(value);
}

/** A header from the sent head, which also contains headers that were only given to `writeHead`. */
function sentHeaderOf(res: ServerResponse, pattern: RegExp): string | undefined {
  const { _header: head } = res as { _header?: unknown };
  return typeof head === 'string' ? pattern.exec(head)?.[1] : undefined;
}

/** The followed response, if its methods are those of an observed prototype. */
export function followerOf(res: ServerResponse): NodeResponse | undefined {
  try {
    const response = openTraceOf(res.req)?.response;
    return response instanceof NodeResponse && response.isObserved ? response : undefined;
  } catch {
    return undefined;
  }
}
