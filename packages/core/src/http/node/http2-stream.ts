/** The HTTP/2 stream behind a response. Apps may send a response by it, past the response object. */

import type { ServerResponse } from 'node:http';
import { defineMethod, type Method, methodNamed } from '../../follow/observe/replace-method.js';

/** The part of Node's stream that is used. */
export interface Http2Stream {
  readonly closed?: boolean;
  readonly aborted?: boolean;
  readonly headersSent?: boolean;
  readonly writableFinished?: boolean;
  readonly rstCode?: number;
  readonly errored?: Error | null;
  readonly sentHeaders?: Readonly<Record<string, unknown>>;
}

/** The stream of the response; undefined over HTTP/1. */
export function http2StreamOf(res: ServerResponse): Http2Stream | undefined {
  return (res as { stream?: Http2Stream }).stream ?? undefined;
}

/**
 * Calls `onClose` before code of this process closes the stream: the app, or Node when the connection was lost or closed. It is
 * not called if the client resets the stream, which is closed by then.
 */
export function onCloseHere(stream: Http2Stream, onClose: () => void): void {
  for (const name of ['close', 'destroy'] as const) {
    const original = methodNamed(stream, name);
    if (original === undefined) continue;
    defineMethod(stream, name, function closeObserved(this: unknown, ...args: unknown[]) {
      if (stream.closed === false) onClose();
      return original.apply(this, args);
    });
  }
}

/** Calls `call` in place of `write` and `end`. */
export function onWrite(
  stream: Http2Stream,
  call: (name: string, original: Method, args: unknown[]) => unknown,
): void {
  for (const name of ['write', 'end'] as const) {
    const original = methodNamed(stream, name);
    if (original === undefined) continue;
    defineMethod(stream, name, (...args: unknown[]) => call(name, original, args));
  }
}

/** Whether the app has ended the stream itself, and all of it was sent. */
export function wasSentByStream(stream: Http2Stream): boolean {
  // Node ends a stream that is closed before the app has ended it, and then counts it as aborted.
  return stream.aborted === false && stream.writableFinished === true && stream.rstCode === 0;
}

/** The status that was sent by the stream. */
export function sentStatusOf(stream: Http2Stream | undefined): number | undefined {
  const status: unknown = stream?.sentHeaders?.[':status'];
  return typeof status === 'number' ? status : undefined;
}

/** A header that was sent by the stream. @param name in lower case */
export function sentHeaderOfStream(
  stream: Http2Stream | undefined,
  name: string,
): string | undefined {
  const value = stream?.sentHeaders?.[name];
  return value === undefined ? undefined : String(value);
}
