/** Sees the bytes of an answer pass by on their way to whoever asked for them. Nothing is read ahead, kept or changed. */

import { onEmit } from '../trace/follow-readable.js';
import { inherited } from '../trace/read-safely.js';
import { reportFailure } from './report.js';

/** Hears of a body. It ends once, by `ended`, `broken` or `left`. */
export interface BodyObserver {
  /** The consumer asked for more, and waits. */
  asked?(): void;
  chunk(bytes: Uint8Array): void;
  ended(): void;
  broken(error: unknown): void;
  /** The consumer left before the end. */
  left(): void;
}

/** Changes a body on its way. */
export interface BodyChange {
  /** What to pass on instead, maybe nothing. */
  chunk(bytes: Uint8Array): Uint8Array;
  /** What to pass on at the end. */
  end(): Uint8Array;
}

/**
 * A stream of the same chunks: one pull of it is one of the source's, which is locked when the first is asked for.
 * @param keep lives as long as the stream; a fetched response that is collected would take its body along
 */
export function tapStream(
  source: ReadableStream<Uint8Array>,
  observer: BodyObserver,
  keep: object,
  change?: BodyChange,
): ReadableStream<Uint8Array> {
  const see = guarded(observer);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let owner: object | undefined = keep;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        reader ??= source.getReader();
        see.asked();
        return reader.read().then(
          ({ done, value }) => {
            if (!done) {
              see.chunk(value);
              const passedOn = change === undefined ? value : change.chunk(value);
              // Where nothing is passed on, nobody would pull again.
              if (change !== undefined && passedOn.byteLength === 0) return this.pull?.(controller);
              controller.enqueue(passedOn);
              return undefined;
            }
            owner = undefined;
            see.ended();
            const last = change?.end();
            if (last?.byteLength) controller.enqueue(last);
            controller.close();
            return undefined;
          },
          (error: unknown) => {
            owner = undefined;
            see.broken(error);
            throw error;
          },
        );
      },
      cancel(reason) {
        const held = owner;
        owner = undefined;
        see.left();
        return held === undefined ? undefined : (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The part of Node's Readable that is used here. */
export interface NodeBody {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/** Whether a response's body is a stream of Node's, as those of node-fetch are. */
export function isNodeBody(body: unknown): body is NodeBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    inherited(body, '_readableState') !== undefined &&
    typeof inherited(body, 'emit') === 'function'
  );
}

/** Sees the events that a Node stream emits anyway; the stream stays the one that it is. */
export function tapNodeBody(body: NodeBody, observer: BodyObserver): void {
  const see = guarded(observer);
  onEmit(body, (event, argument) => {
    if (event === 'data') see.chunk(bytesOf(argument));
    else if (event === 'end') see.ended();
    else if (event === 'error') see.broken(argument);
    else if (event === 'close') see.left();
  });
}

function bytesOf(chunk: unknown): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : (chunk as Uint8Array);
}

/** The observer that hears of one end only and whose failures stay ours. */
function guarded(observer: BodyObserver): Required<BodyObserver> {
  let isOver = false;
  const end = (what: string, fn: () => void) => {
    if (isOver) return;
    isOver = true;
    attempt(what, fn);
  };
  return {
    asked() {
      if (isOver || observer.asked === undefined) return;
      try {
        observer.asked();
      } catch (error) {
        reportFailure('asked', error);
      }
    },
    chunk(bytes) {
      if (isOver) return;
      try {
        observer.chunk(bytes);
      } catch (error) {
        reportFailure('chunk', error);
      }
    },
    ended: () => end('ended', () => observer.ended()),
    broken: (error) => end('failed', () => observer.broken(error)),
    left: () => end('left', () => observer.left()),
  };
}

function attempt(what: string, fn: () => void): void {
  try {
    fn();
  } catch (error) {
    reportFailure(what, error);
  }
}
