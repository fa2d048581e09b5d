/** Follows a Node response to its true end: finished, streamed out, left by the client, or failed. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type AnswerFacts, NOTHING_SENT } from './answer-facts.js';
import { RecordedRequest } from './request-trace.js';
import { getTrace } from './traced-requests.js';

type Method = (this: ServerResponse, ...args: unknown[]) => unknown;

/** A response, or what responses inherit from. */
interface Writable {
  write: unknown;
  end: unknown;
}

const OBSERVED = Symbol('openlayer-tracing.observed');

/**
 * Has what is written to every response that inherits from the prototype counted and captured. Nothing of it is
 * changed.
 */
export function observeWrites(prototype: Writable): void {
  if (OBSERVED in prototype) return;
  Object.defineProperty(prototype, OBSERVED, { value: true });
  prototype.write = observe(prototype.write as Method, false, false);
  prototype.end = observe(prototype.end as Method, false, true);
}

/**
 * The same for one response, where its prototype is not observed or where what ran before us has wrapped its methods:
 * those may go past the prototype's.
 */
export function observeOwnWrites(trace: RecordedRequest, res: ServerResponse): void {
  const isWrapped = Object.hasOwn(res, 'write') || Object.hasOwn(res, 'end');
  if (!isWrapped && OBSERVED in res) return;
  trace.isObservedAlone = true;
  const target: Writable = res;
  target.write = observe(target.write as Method, true, false);
  // HTTP/2's own writes its chunk by `write`, where it is seen.
  if (res.req.httpVersionMajor < 2) target.end = observe(target.end as Method, true, true);
}

function observe(original: Method, alone: boolean, isEnd: boolean): Method {
  return function observed(this: ServerResponse, ...args: unknown[]): unknown {
    see(this, args, alone, isEnd);
    return original.apply(this, args);
  };
}

/** What is written after the end, or after the connection, is refused and never sent. */
function see(res: ServerResponse, args: readonly unknown[], alone: boolean, isEnd: boolean): void {
  let trace: RecordedRequest | undefined;
  try {
    trace = traceOf(res);
    if (trace === undefined || trace.isObservedAlone !== alone) return;
    if (res.writableEnded || res.destroyed) return;
    trace.answered(args[0], args[1]);
    if (trace.recorder.answering !== undefined && (isEnd || isWhole(trace, res))) {
      trace.answering(factsOfWhole(res));
    }
  } catch (error) {
    trace?.failed('write', error);
  }
}

/** With a length that was announced, the client has the answer before its end is called. */
function isWhole(trace: RecordedRequest, res: ServerResponse): boolean {
  const length = res.getHeader('content-length');
  return length !== undefined && trace.answerBytes >= Number(length);
}

/** The head may leave with the last bytes. */
function factsOfWhole(res: ServerResponse): AnswerFacts {
  return { ...answerFacts(res), status: res.statusCode };
}

function traceOf(res: ServerResponse): RecordedRequest | undefined {
  const trace = getTrace(res.req);
  return trace instanceof RecordedRequest && !trace.isSettled ? trace : undefined;
}

/** Settles the trace when the response ends. */
export function settleAtEnd(
  trace: RecordedRequest,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  trace.readFacts = () => answerFacts(res);
  // 'close' comes for finished and for abandoned responses, 'finish' only for the former.
  res.on('close', onResponseClose);
  // A pipelined response has no socket until its turn comes; if the client leaves first, it hears of nothing.
  if (res.socket === null && req.socket !== null) onSocketClose(req.socket, trace);
}

function onResponseClose(this: ServerResponse): void {
  let trace: RecordedRequest | undefined;
  try {
    trace = traceOf(this);
    if (trace === undefined) return;
    const failure: unknown = this.errored ?? undefined;
    // An HTTP/2 response that the client left may say that it is finished, although nobody has ended it.
    const isFinished = this.writableFinished && this.writableEnded;
    const outcome = failure !== undefined ? 'error' : isFinished ? 'completed' : 'aborted';
    trace.settleAnswer(outcome, answerFacts(this), failure);
  } catch (error) {
    trace?.failed('close', error);
  }
}

function answerFacts(res: ServerResponse): AnswerFacts {
  const contentType = res.getHeader('content-type');
  // Headers that were given to `writeHead` alone are kept nowhere but in the head that was sent.
  const head = contentType === undefined ? (res as { _header?: unknown })._header : undefined;
  return {
    // Until the head is sent, the status code is only what it would be.
    status: res.headersSent ? res.statusCode : undefined,
    contentType: textOf(contentType) ?? headerIn(head, /\r\ncontent-type: ([^\r]*)/i),
    contentEncoding:
      textOf(res.getHeader('content-encoding')) ??
      headerIn(head, /\r\ncontent-encoding: ([^\r]*)/i),
  };
}

function textOf(header: unknown): string | undefined {
  return header === undefined ? undefined : String(header);
}

function headerIn(head: unknown, pattern: RegExp): string | undefined {
  return typeof head === 'string' ? pattern.exec(head)?.[1] : undefined;
}

/** One listener for each socket, however many requests it carries. */
const waiting = new WeakMap<Socket, Set<RecordedRequest>>();

function onSocketClose(socket: Socket, trace: RecordedRequest): void {
  let traces = waiting.get(socket);
  if (traces === undefined) {
    const open = new Set<RecordedRequest>();
    traces = open;
    waiting.set(socket, open);
    socket.once('close', () => {
      for (const each of open) each.settleAnswer('aborted', NOTHING_SENT);
    });
  }
  for (const each of traces) if (each.isSettled) traces.delete(each);
  traces.add(trace);
}
