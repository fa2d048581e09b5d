/**
 * Follows a Node response to its true end: finished, streamed out, left by the client, broken by the server, or made up
 * by an adapter that has no connection at all.
 *
 * Own methods of the response are replaced, not those of a prototype: an Express app that is called swaps the prototype,
 * and adapters of serverless functions have classes of their own. Before V8 12 that takes 15 microseconds where the
 * prototype was swapped already, which it is in Express; there, the objects that its responses inherit from are observed.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fieldsMayBeSlow } from '#platform';
import type { Outcome } from '../trace/types.js';
import { type AnswerFacts, NOTHING_SENT } from './answer-facts.js';
import type { RecordedRequest } from './request-trace.js';

/** What Node's sockets have, as far as it is used here; what adapters make up may lack any of it. */
type Connection = Partial<Socket> & {
  /** Set by Node's own HTTP server. */
  readonly server?: unknown;
  readonly _httpMessage?: unknown;
};

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Captures what is written to the response, and settles the trace where the response ends, or at once where it is over.
 * @param res undefined where a connection was upgraded before the app ran, as `koa-websocket` does
 */
export function followResponse(
  trace: RecordedRequest,
  req: IncomingMessage,
  res: ServerResponse | undefined,
): void {
  const followed = new FollowedResponse(trace, req, res ?? ({} as ServerResponse));
  trace.readFacts = () => followed.facts();
  followed.start();
}

class FollowedResponse {
  readonly #trace: RecordedRequest;
  readonly #res: ServerResponse;
  readonly #connection: Connection | undefined;
  /** Whether Node's own server answers, so that 'close' is sure to come. */
  readonly #isServed: boolean;
  /** Whether the connection carries other responses at the same time. */
  readonly #isHttp2: boolean;
  /** Of a request to upgrade: bytes that its connection had sent before. */
  readonly #bytesBefore: number | undefined;
  /** Whether the app has called `end`: what a method that it wraps writes after that was counted already. */
  #isEnded = false;
  #depth = 0;

  constructor(trace: RecordedRequest, req: IncomingMessage, res: ServerResponse) {
    this.#trace = trace;
    this.#res = res;
    this.#connection = (req.socket as Connection | null | undefined) ?? undefined;
    this.#isHttp2 = (res as { stream?: unknown }).stream !== undefined;
    this.#isServed = this.#isHttp2 || this.#connection?.server !== undefined;
    const { upgrade } = req.headers ?? {};
    this.#bytesBefore = upgrade === undefined ? undefined : (this.#connection?.bytesWritten ?? 0);
  }

  start(): void {
    const outcome = this.#outcomeSoFar();
    if (outcome !== undefined) {
      this.#settle(outcome);
      return;
    }
    if (isObserved(this.#res)) observed.set(this.#res, this);
    else this.#replaceMethods();
    // A pipelined response gets its socket when its turn comes, and that of an upgraded connection never does: such a
    // response emits no 'close' when the socket closes.
    const socket = this.#connection;
    if (this.#isServed && !this.#res.socket && typeof socket?.once === 'function') {
      onSocketClose(socket as Socket, this);
    } else if (this.#res.end === undefined) {
      this.#settle('completed');
    }
  }

  get isSettled(): boolean {
    return this.#trace.isSettled;
  }

  /** What is known of the response now. */
  facts(): AnswerFacts {
    const res = this.#res;
    const contentType = header(res, 'content-type');
    // Headers that were given to `writeHead` alone are kept nowhere but in the head that was sent.
    const head = contentType === undefined ? (res as { _header?: unknown })._header : undefined;
    return {
      status: this.#status(),
      contentType: contentType ?? headerIn(head, /\r\ncontent-type: ([^\r]*)/i),
      contentEncoding:
        header(res, 'content-encoding') ?? headerIn(head, /\r\ncontent-encoding: ([^\r]*)/i),
    };
  }

  /** Until the head is sent, the status code is only what it would be. Adapters may redefine `headersSent`. */
  #status(): number | undefined {
    const { headersSent, writableEnded, statusCode } = this.#res;
    if (headersSent || writableEnded || this.#isEnded) return statusCode;
    return this.#wasUpgraded() ? 101 : undefined;
  }

  /** Whether the connection speaks another protocol by now. Node emits no event for that. */
  #wasUpgraded(): boolean {
    if (this.#bytesBefore === undefined || this.#res.headersSent) return false;
    // What answers after the handshake is given a response without a socket.
    const isDetached = !this.#res.socket && this.#connection?._httpMessage !== this.#res;
    return isDetached || (this.#connection?.bytesWritten ?? 0) > this.#bytesBefore;
  }

  /** How the response ended, where it did before the middleware ran. */
  #outcomeSoFar(): Outcome | undefined {
    const { writableEnded, writableFinished, destroyed, closed } = this.#res;
    if (writableEnded && (writableFinished || !this.#isServed)) return 'completed';
    if (destroyed || closed) return this.#outcomeOfClose();
    const hasLeft = this.#isServed && this.#connection?.destroyed === true;
    return hasLeft ? 'aborted' : undefined;
  }

  #outcomeOfClose(): Outcome {
    // Not by `writableFinished`: a response that was ended after its connection was lost says that, too.
    if (this.#res.errored) return 'error';
    if (this.#isWhole()) return 'completed';
    if (this.#wasUpgraded()) return this.#connection?.errored ? 'aborted' : 'completed';
    return this.#wasBrokenHere() ? 'error' : 'aborted';
  }

  /** Whether the connection was destroyed on this side: the client has neither ended nor reset it. */
  #wasBrokenHere(): boolean {
    const socket = this.#connection;
    if (!this.#isServed || this.#isHttp2 || !this.#res.headersSent) return false;
    if (socket?.destroyed !== true || socket.readableEnded !== false) return false;
    return !RESET.has((socket.errored as { code?: unknown } | null | undefined)?.code);
  }

  /** With a length that was announced, the client has the response before its end is called. */
  #isWhole(): boolean {
    const length = header(this.#res, 'content-length');
    return length !== undefined && this.#trace.answerBytes >= Number(length);
  }

  #settle(outcome: Outcome): void {
    // A value of an old map outlives the next collections, whether its key does or not.
    observed.delete(this.#res);
    // Mocks have a `send` of their own, which writes nothing, and keep what it was given.
    const { _getData: dataOf } = this.#res as { _getData?: unknown };
    if (typeof dataOf === 'function' && this.#trace.answerBytes === 0) {
      this.#trace.answered(Reflect.apply(dataOf, this.#res, []), undefined);
    }
    const { errored } = this.#res;
    if (errored) this.#trace.settleAnswer('error', this.facts(), errored);
    else if (outcome !== 'error') this.#trace.settleAnswer(outcome, this.facts());
    else {
      const broken = new Error('the server closed the connection before its response was complete');
      this.#trace.settleAnswer('error', this.facts(), broken);
    }
  }

  #replaceMethods(): void {
    const followed = this;
    const res = this.#res as unknown as Partial<Record<'write' | 'end', Method>>;
    for (const name of ['write', 'end'] as const) {
      const original = res[name];
      if (typeof original !== 'function') continue;
      replace(res, name, function observed(this: unknown, ...args) {
        return followed.wrote(name, original, this, args);
      });
    }
    // By `emit`, where it can be replaced: a listener could be removed, or stand behind one that throws.
    const emitter = emitterOf(this.#res) as Partial<Record<'emit' | 'on', Method>>;
    const { emit } = emitter;
    if (typeof emit !== 'function') return;
    const isReplaced = replace(emitter, 'emit', function overheard(this: unknown, ...args) {
      followed.emits(args[0]);
      return emit.apply(this, args);
    });
    if (isReplaced) return;
    for (const event of ['close', 'finish']) emitter.on?.(event, () => this.emits(event));
  }

  /** Calls `write` or `end`, with what passes through counted and captured. */
  wrote(name: string, original: Method, self: unknown, args: unknown[]): unknown {
    const isEnd = name === 'end';
    this.#see(args, isEnd);
    this.#depth++;
    try {
      const result = original.apply(self, args);
      if (isEnd) this.#ended();
      return result;
    } catch (error) {
      // What the response refused is none of it: the app may answer in another way.
      this.#isEnded = false;
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Of calls that call each other, such as an `end` that writes its last chunk by `write`, the outermost counts. */
  #see(args: readonly unknown[], isEnd: boolean): void {
    const trace = this.#trace;
    try {
      if (trace.isSettled || this.#depth > 0 || this.#isEnded) return;
      // What is written after the end, or without a connection any more, is never sent.
      if (this.#res.writableEnded || this.#res.destroyed) return;
      if (this.#isServed && this.#connection?.destroyed === true) return;
      trace.answered(args[0], args[1]);
      if (isEnd) this.#isEnded = true;
      if (trace.recorder.answering !== undefined && (isEnd || this.#isWhole())) {
        // The head may leave with the last bytes.
        trace.answering({ ...this.facts(), status: this.#res.statusCode });
      }
    } catch (error) {
      trace.failed('write', error);
    }
  }

  /** Without a connection, nothing can happen to a response that was ended. */
  #ended(): void {
    try {
      if (this.#isServed || this.#trace.isSettled) return;
      if (this.#res.writableEnded !== false) this.#settle('completed');
    } catch (error) {
      this.#trace.failed('end', error);
    }
  }

  emits(event: unknown): void {
    try {
      if ((event !== 'close' && event !== 'finish') || this.#trace.isSettled) return;
      // An HTTP/2 response that the client left may emit 'finish' although nobody has ended it.
      if (event === 'close') this.#settle(this.#outcomeOfClose());
      else if (this.#res.writableEnded !== false) this.#settle('completed');
    } catch (error) {
      this.#trace.failed('end', error);
    }
  }

  /** The socket of a response that never got it has closed. */
  socketClosed(): void {
    try {
      if (this.#trace.isSettled) return;
      if (this.#wasUpgraded()) this.#settle(this.#outcomeOfClose());
      else this.#trace.settleAnswer('aborted', NOTHING_SENT);
    } catch (error) {
      this.#trace.failed('close', error);
    }
  }
}

const OBSERVED = Symbol('openlayer-tracing.observed');
const observed = new WeakMap<object, FollowedResponse>();

/** Whether what the response inherits from is observed, and nothing of the app's stands in front of that. */
function isObserved(res: object): boolean {
  return OBSERVED in res && !METHODS.some((name) => Object.hasOwn(res, name));
}

const METHODS = ['write', 'end', 'emit'] as const;

/** Observes all responses that inherit from the object, where that is cheaper than to observe each. */
export function observeResponses(prototype: object): void {
  if (!fieldsMayBeSlow || OBSERVED in prototype) return;
  Object.defineProperty(prototype, OBSERVED, { value: true });
  for (const name of METHODS) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)?.value as Method | undefined;
    const known = Reflect.get(prototype, name) as Method;
    replace(prototype as Partial<Record<string, Method>>, name, function observe(...args) {
      // What the object itself inherits from may be changed, as `inject()` does.
      const original = own ?? methodBehind(prototype, name) ?? known;
      const followed = followerOf(this as object);
      if (followed === undefined) return original.apply(this, args);
      if (name !== 'emit') return followed.wrote(name, original, this, args);
      followed.emits(args[0]);
      return original.apply(this, args);
    });
  }
}

function followerOf(res: object): FollowedResponse | undefined {
  try {
    return observed.get(res);
  } catch {
    return undefined;
  }
}

function methodBehind(holder: object, name: string): Method | undefined {
  try {
    return Reflect.get(Object.getPrototypeOf(holder), name) as Method | undefined;
  } catch {
    return undefined;
  }
}

/** How a socket fails whose client has gone. */
const RESET: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/** @returns false where the object does not allow it */
function replace<Name extends string>(
  holder: Partial<Record<Name, Method>>,
  name: Name,
  method: Method,
): boolean {
  // An assignment, since Reflect.set takes half a microsecond longer.
  try {
    holder[name] = method;
    return true;
  } catch {
    return false;
  }
}

/** The object that emits the response's events: behind `Object.create(res)` it is what that was created from. */
function emitterOf(res: object): object {
  let holder: object | null = res;
  while (holder !== null && !Object.hasOwn(holder, '_events'))
    holder = Object.getPrototypeOf(holder);
  return holder ?? res;
}

function header(res: ServerResponse, name: string): string | undefined {
  const value = typeof res.getHeader === 'function' ? res.getHeader(name) : undefined;
  return value === undefined ? undefined : String(value);
}

function headerIn(head: unknown, pattern: RegExp): string | undefined {
  return typeof head === 'string' ? pattern.exec(head)?.[1] : undefined;
}

/** One listener for each socket, however many requests it carries. */
const waiting = new WeakMap<Socket, Set<FollowedResponse>>();

function onSocketClose(socket: Socket, response: FollowedResponse): void {
  let responses = waiting.get(socket);
  if (responses === undefined) {
    const open = new Set<FollowedResponse>();
    responses = open;
    waiting.set(socket, open);
    socket.once('close', () => {
      for (const each of open) each.socketClosed();
    });
  }
  for (const each of responses) if (each.isSettled) responses.delete(each);
  responses.add(response);
}
