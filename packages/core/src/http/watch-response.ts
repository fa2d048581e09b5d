/** Follows a Node response to its true end: finished, streamed out, left by the client, or failed. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerFacts, RecordedRequest } from './request-trace.js';

type Method = (this: ServerResponse, ...args: unknown[]) => unknown;

interface Watch {
  readonly trace: RecordedRequest;
  readonly write: Method;
  readonly end: Method;
}

const WATCH = Symbol('openlayer-tracing.watch');

type WatchedResponse = ServerResponse & { [WATCH]?: Watch };

/** Settles the trace when the response ends; counts and captures what is written to it, and changes none of it. */
export function watchResponse(
  trace: RecordedRequest,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const watched = res as WatchedResponse;
  watched[WATCH] = { trace, write: res.write as Method, end: res.end as Method };
  watched.write = watchedWrite as ServerResponse['write'];
  watched.end = watchedEnd as ServerResponse['end'];
  // 'close' comes for finished and for abandoned responses, 'finish' only for the former.
  res.on('close', onResponseClose);
  // A pipelined response has no socket until its turn comes; if the client leaves first, it hears of nothing.
  if (res.socket === null && req.socket !== null) onSocketClose(req.socket, trace);
}

function watchedWrite(this: WatchedResponse, ...args: unknown[]): unknown {
  const watch = this[WATCH] as Watch;
  try {
    if (!this.writableEnded) watch.trace.answered(args[0], args[1]);
  } catch (error) {
    watch.trace.failed('write', error);
  }
  return watch.write.apply(this, args);
}

function watchedEnd(this: WatchedResponse, ...args: unknown[]): unknown {
  const watch = this[WATCH] as Watch;
  try {
    if (!this.writableEnded) watch.trace.answered(args[0], args[1]);
  } catch (error) {
    watch.trace.failed('end', error);
  }
  return watch.end.apply(this, args);
}

function onResponseClose(this: WatchedResponse): void {
  const watch = this[WATCH];
  if (watch === undefined) return;
  try {
    const failure: unknown = this.errored ?? undefined;
    const outcome =
      failure !== undefined ? 'error' : this.writableFinished ? 'completed' : 'aborted';
    watch.trace.settleAnswer(outcome, answerFacts(this), failure);
  } catch (error) {
    watch.trace.failed('close', error);
  }
}

function answerFacts(res: ServerResponse): AnswerFacts {
  return {
    // Until the head is sent, the status code is only what it would be.
    status: res.headersSent ? res.statusCode : undefined,
    contentType: sentHeader(res, 'content-type'),
    contentEncoding: sentHeader(res, 'content-encoding'),
  };
}

/** Headers that were given to `writeHead` alone are kept nowhere but in the head that was sent. */
function sentHeader(res: ServerResponse, name: string): string | undefined {
  const value = res.getHeader(name);
  if (value !== undefined) return String(value);
  const head = (res as { _header?: unknown })._header;
  if (typeof head !== 'string') return undefined;
  return new RegExp(`\\r\\n${name}: ([^\\r]*)`, 'i').exec(head)?.[1];
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

const NOTHING_SENT: AnswerFacts = {
  status: undefined,
  contentType: undefined,
  contentEncoding: undefined,
};
