/** Called for the chunks of a stream as they pass through, and once for its end. */
export interface PassThroughObserver<T> {
  /** Runs `read`, which asks the source for a chunk. */
  onPull<R>(read: () => R): R;
  onChunk(value: T): void;
  /** The source ended. */
  onEnd(): void;
  /** The source failed. */
  onError(error: unknown): void;
  /**
   * The consumer cancelled the stream.
   * @param isRead whether it had read anything before
   */
  onCancel(isRead: boolean): void;
}

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
}

/**
 * A stream of the same chunks with the same back-pressure: each of its pulls is one read of the source. It locks the source
 * at the first read.
 */
export function passThrough<T>(
  source: ReadableStream<T>,
  observer: PassThroughObserver<T>,
  { reader: lockedReader, keep, change }: PassThroughOptions<T> = {},
): ReadableStream<T> {
  let reader = lockedReader;
  /** Undefined after the end. */
  let open: { readonly keep: object | undefined } | undefined = { keep };
  const read = () => {
    reader ??= source.getReader();
    return reader.read();
  };
  const fail = (error: unknown): never => {
    open = undefined;
    observer.onError(error);
    throw error;
  };
  const pull = (controller: ReadableStreamDefaultController<T>): Promise<void> => {
    let result: ReturnType<typeof read>;
    try {
      result = observer.onPull(read);
    } catch (error) {
      return fail(error);
    }
    return result.then((next) => pass(next, controller), fail);
  };
  const pass = (
    { done, value }: Awaited<ReturnType<typeof read>>,
    controller: ReadableStreamDefaultController<T>,
  ): Promise<void> | undefined => {
    if (!done) {
      observer.onChunk(value);
      if (change === undefined) {
        controller.enqueue(value);
        return undefined;
      }
      const passedOn = change.chunk(value);
      // With nothing passed on, the stream would not pull again.
      if (passedOn === undefined) return pull(controller);
      controller.enqueue(passedOn);
      return undefined;
    }
    open = undefined;
    observer.onEnd();
    const last = change?.end();
    if (last !== undefined) controller.enqueue(last);
    controller.close();
    return undefined;
  };
  return new ReadableStream<T>(
    {
      pull,
      cancel(reason) {
        if (open === undefined) return undefined;
        open = undefined;
        observer.onCancel(reader !== undefined);
        return (reader ?? source).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
