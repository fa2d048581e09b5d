/** A stream that passes the chunks of another one through, observed on their way and perhaps changed. */

/**
 * Called for the chunks of a stream as they pass through, and once for its end. The stream goes on if a method throws: the error is
 * passed to `onFailure`.
 */
export interface PassThroughObserver<T> {
  /** Runs `read`, which requests a chunk from the source. */
  onPull<R>(read: () => R): R;
  onChunk(value: T): void;
  /** The source ended. */
  onEnd(): void;
  /** The source failed. */
  onError(error: unknown): void;
  /**
   * The consumer cancelled the stream.
   * @param isRead whether it had read anything before
   * @param reason the reason that it gave, if any
   */
  onCancel(isRead: boolean, reason: unknown): void;
  /** A method of this observer threw. Must not throw itself. */
  onFailure(what: ObserverMethod, error: unknown): void;
}

/** The methods of an observer whose errors are caught. */
export type ObserverMethod = 'pull' | 'chunk' | 'end' | 'error' | 'cancel';

/** Changes a stream on its way to the consumer. */
export interface StreamChange<T> {
  /** The chunk to pass on in place of this one; undefined for none. */
  chunk(value: T): T | undefined;
  /** The chunk to pass on after the last one; undefined for none. */
  end(): T | undefined;
}

export interface PassThroughOptions<T> {
  /** A reader of the source, if it is locked already. */
  readonly reader?: ReadableStreamDefaultReader<T> | undefined;
  /** Referenced until the end: if the response of a fetch were garbage collected, its body would be cancelled. */
  readonly keep?: object | undefined;
  readonly change?: StreamChange<T> | undefined;
  /** `bytes` for a stream of bytes, of which an observer must not keep the memory. By default, a stream of any values. */
  readonly type?: 'bytes' | undefined;
}

/** The part of the controllers of both types of streams that is used. */
interface Controller<T> {
  /** In a stream of bytes, it detaches the memory of the chunk. */
  enqueue(value: T): void;
  close(): void;
  readonly byobRequest?: ReadableStreamBYOBRequest | null | undefined;
}

/** The type of a stream that is not locked. Costs microseconds, since only an attempt to read it into a buffer shows it. */
export function streamType(stream: ReadableStream<unknown>): 'bytes' | undefined {
  try {
    const reader = stream.getReader({ mode: 'byob' });
    reader.releaseLock();
    return reader instanceof ReadableStreamBYOBReader ? 'bytes' : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A stream of the same chunks with the same back-pressure: each of its pulls is one read of the source. It locks the source
 * at the first read.
 */
export function passThrough<T>(
  source: ReadableStream<T>,
  observer: PassThroughObserver<T>,
  { reader: lockedReader, keep, change, type }: PassThroughOptions<T> = {},
): ReadableStream<T> {
  let reader = lockedReader;
  /** Undefined after the end. */
  let open: { readonly keep: object | undefined } | undefined = { keep };
  let hasRead = false;
  const readSource = () => {
    hasRead = true;
    reader ??= source.getReader();
    return reader.read();
  };
  const readObserved = (): ReturnType<typeof readSource> => {
    hasRead = false;
    try {
      return observer.onPull(readSource);
    } catch (error) {
      if (hasRead) throw error;
      observer.onFailure('pull', error);
      return readSource();
    }
  };
  const observe = (what: ObserverMethod, call: () => void) => {
    try {
      call();
    } catch (error) {
      observer.onFailure(what, error);
    }
  };
  const fail = (error: unknown): never => {
    if (open !== undefined) observe('error', () => observer.onError(error));
    open = undefined;
    throw error;
  };
  const pull = (controller: Controller<T>): Promise<void> => {
    let result: ReturnType<typeof readSource>;
    try {
      result = readObserved();
    } catch (error) {
      return fail(error);
    }
    return result.then((next) => pass(next, controller), fail);
  };
  const pass = (
    { done, value }: Awaited<ReturnType<typeof readSource>>,
    controller: Controller<T>,
  ): Promise<void> | undefined => {
    // The consumer cancelled the stream meanwhile.
    if (open === undefined) return undefined;
    if (!done) {
      // Called for each chunk: no closure is made for it.
      try {
        observer.onChunk(value);
      } catch (error) {
        observer.onFailure('chunk', error);
      }
      const passedOn = change === undefined ? value : change.chunk(value);
      // With nothing passed on, the stream would not pull again.
      if (change !== undefined && passedOn === undefined) return pull(controller);
      controller.enqueue(passedOn as T);
      return undefined;
    }
    open = undefined;
    observe('end', () => observer.onEnd());
    const last = change?.end();
    if (last !== undefined) controller.enqueue(last);
    controller.close();
    // A reader that waits with a buffer would wait for ever.
    controller.byobRequest?.respond(0);
    return undefined;
  };
  const cancel = (reason: unknown): Promise<void> | undefined => {
    if (open === undefined) return undefined;
    open = undefined;
    observe('cancel', () => observer.onCancel(reader !== undefined, reason));
    return (reader ?? source).cancel(reason);
  };
  const strategy = { highWaterMark: 0 };
  if (type === undefined) return new ReadableStream<T>({ pull, cancel }, strategy);
  // The chunks of a source of bytes are bytes, which the compiler cannot see of `T`.
  const pullBytes = pull as (controller: Controller<never>) => Promise<void>;
  return new ReadableStream(
    { type, pull: pullBytes, cancel },
    strategy,
  ) as ReadableStream<unknown> as ReadableStream<T>;
}
