/** Observes the bytes of a response body on their way to the consumer. Reads nothing ahead and keeps nothing. */

import {
  endOfReadable,
  isNodeReadable,
  type NodeReadable,
} from '../../follow/observe/node-readable.js';
import { onEmit } from '../../follow/observe/on-emit.js';
import { passThrough, type StreamChange, streamType } from '../../follow/observe/pass-through.js';
import { reportFailure, runGuarded } from '../report/integration-diagnostics.js';

/** Called for each chunk of a body, and once for its end: by `ended`, `failed` or `cancelled`. */
export interface BodyObserver {
  /** The consumer has requested the next chunk. */
  pulled?(): void;
  chunk(bytes: Uint8Array): void;
  /** The body is complete. */
  ended(): void;
  /** The source of the body failed. */
  failed(error: unknown): void;
  /** The consumer stopped before the end. @param reason the reason that it gave, if any */
  cancelled(reason?: unknown): void;
}

/** Changes a body on its way to the consumer. */
export interface BodyChange {
  /** The bytes to pass on in place of the chunk; may be empty. */
  chunk(bytes: Uint8Array): Uint8Array;
  /** The bytes to pass on at the end; may be empty. */
  end(): Uint8Array;
}

/**
 * A stream of the same chunks with the same back-pressure. It locks the source at the first read.
 * @param keep referenced until the end: if the response of a fetch were garbage collected, its body would be cancelled
 */
export function observedStream(
  source: ReadableStream<Uint8Array>,
  observer: BodyObserver,
  keep: object,
  change?: BodyChange,
): ReadableStream<Uint8Array> {
  const guardedObserver = guarded(observer);
  return passThrough(
    source,
    {
      onPull(read) {
        guardedObserver.pulled();
        return read();
      },
      onChunk: guardedObserver.chunk,
      onEnd: guardedObserver.ended,
      onError: guardedObserver.failed,
      onCancel: (_isRead, reason) => guardedObserver.cancelled(reason),
      onFailure: reportFailure,
    },
    { keep, change: change && guardedChange(change), type: streamType(source) },
  );
}

/** The change without its errors, which are reported: a chunk that it fails for is passed on as it is. */
function guardedChange(change: BodyChange): StreamChange<Uint8Array> {
  return {
    chunk: (bytes) => unlessEmpty(changed(change, bytes)),
    end: () => unlessEmpty(lastOf(change)),
  };
}

function unlessEmpty(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes?.byteLength === 0 ? undefined : bytes;
}

/** The changed chunk; the chunk itself if the change throws. */
function changed(change: BodyChange, bytes: Uint8Array): Uint8Array {
  try {
    return change.chunk(bytes);
  } catch (error) {
    reportFailure('chunk', error);
    return bytes;
  }
}

function lastOf(change: BodyChange): Uint8Array | undefined {
  try {
    return change.end();
  } catch (error) {
    reportFailure('ended', error);
    return undefined;
  }
}

/** A body that is a Node stream. */
export type NodeBody = NodeReadable;

/** Whether the body of a response is a Node stream, as with node-fetch. */
export function isNodeBody(body: unknown): body is NodeBody {
  return typeof body === 'object' && body !== null && isNodeReadable(body);
}

/**
 * Observes a Node stream by the events that it emits, without a listener. A stream that has ended before is over at once, and one
 * that cannot be changed counts as left.
 */
export function observeNodeBody(body: NodeBody, observer: BodyObserver): void {
  const guardedObserver = guarded(observer);
  const end = endOfReadable(body);
  if (end !== undefined) {
    if (end.how === 'failed') guardedObserver.failed(end.error);
    else if (end.how === 'ended') guardedObserver.ended();
    else guardedObserver.cancelled();
    return;
  }
  const isObserved = onEmit(body, (event, argument) => {
    if (event === 'data') guardedObserver.chunk(bytesOf(argument));
    else if (event === 'end') guardedObserver.ended();
    else if (event === 'error') guardedObserver.failed(argument);
    else if (event === 'close') guardedObserver.cancelled();
  });
  if (!isObserved) guardedObserver.cancelled();
}

function bytesOf(chunk: unknown): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : (chunk as Uint8Array);
}

/** An observer that is called for one end only, and whose errors are reported. */
function guarded(observer: BodyObserver): Required<BodyObserver> {
  let isOver = false;
  const end = (what: string, fn: () => void) => {
    if (isOver) return;
    isOver = true;
    runGuarded(what, fn);
  };
  return {
    pulled() {
      if (!isOver) runGuarded('pulled', () => observer.pulled?.());
    },
    // Called for each chunk of a stream: no closure is made for it.
    chunk(bytes) {
      if (isOver) return;
      try {
        observer.chunk(bytes);
      } catch (error) {
        reportFailure('chunk', error);
      }
    },
    ended: () => end('ended', () => observer.ended()),
    failed: (error) => end('failed', () => observer.failed(error)),
    cancelled: (reason) => end('cancelled', () => observer.cancelled(reason)),
  };
}
