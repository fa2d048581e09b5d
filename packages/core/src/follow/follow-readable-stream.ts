/** Follows a web ReadableStream to its end: by a stream that passes its chunks through, or by replacing its methods. */

import { CollectedOutput } from './collected-output.js';
import { followAsyncIterator, followReader } from './follow-iterator.js';
import type { Followed } from './followed.js';
import { passThrough } from './pass-through.js';

/** A stream of the same chunks with the same back-pressure. It locks the source at the first read. */
export function followReadableStream(
  step: Followed,
  source: ReadableStream<unknown>,
): ReadableStream<unknown> {
  // A locked stream has a reader already.
  if (source.locked) {
    step.end();
    return source;
  }
  // A subclass may have methods that its users need.
  if (Object.getPrototypeOf(source) !== ReadableStream.prototype) {
    return followSubclass(step, source);
  }
  return passingOn(step, source);
}

function passingOn(
  step: Followed,
  source: ReadableStream<unknown>,
  reader?: ReadableStreamDefaultReader<unknown>,
): ReadableStream<unknown> {
  const output = new CollectedOutput(step);
  return passThrough(
    source,
    {
      onPull: (read) => step.run(read),
      onChunk: (value) => output.collect(value),
      onEnd: () => output.complete(),
      onError: (error) => output.fail(error),
      onCancel: () => output.complete(),
    },
    { reader },
  );
}

type AnyMethod = (...args: unknown[]) => unknown;

/** Follows the stream by replacing its reading methods; the first one called is followed. @returns the same stream */
function followSubclass(step: Followed, source: ReadableStream<unknown>): ReadableStream<unknown> {
  let isRead = false;
  const first = (): boolean => {
    if (isRead || !step.isRunning) return false;
    isRead = true;
    return true;
  };
  const replace = (name: string | symbol, by: (method: AnyMethod) => AnyMethod): boolean => {
    const method: unknown = Reflect.get(source, name);
    if (typeof method !== 'function') return true;
    const value = by(method as AnyMethod);
    return Reflect.defineProperty(source, name, { value, configurable: true, writable: true });
  };
  const iterate = (method: AnyMethod): AnyMethod =>
    function followedIterator(this: unknown, ...args) {
      const iterator = method.apply(this, args) as AsyncIterator<unknown>;
      try {
        return first() ? followAsyncIterator(step, iterator) : iterator;
      } catch (error) {
        step.reportFailure('follow', error);
        return iterator;
      }
    };
  // These methods read without a visible reader, so they run on a stream that passes the chunks through.
  const passOn = (name: string, method: AnyMethod): AnyMethod =>
    function followedMethod(this: unknown, ...args) {
      let plain: ReadableStream<unknown> | undefined;
      try {
        if (first()) {
          const reader = ReadableStream.prototype.getReader.call(source);
          plain = passingOn(step, source, reader as ReadableStreamDefaultReader<unknown>);
        }
      } catch (error) {
        step.reportFailure('follow', error);
      }
      if (plain === undefined) return method.apply(this, args);
      return (Reflect.get(plain, name) as AnyMethod).apply(plain, args);
    };
  const isFollowed = [
    replace(
      'getReader',
      (method) =>
        function getReader(this: unknown, ...args) {
          const reader = method.apply(this, args) as object;
          try {
            return first() ? followReader(step, reader) : reader;
          } catch (error) {
            step.reportFailure('follow', error);
            return reader;
          }
        },
    ),
    replace(
      'cancel',
      (method) =>
        function cancel(this: unknown, ...args) {
          try {
            if (first()) step.end();
          } catch (error) {
            step.reportFailure('follow', error);
          }
          return method.apply(this, args);
        },
    ),
    replace(Symbol.asyncIterator, iterate),
    replace('values', iterate),
    ...['tee', 'pipeTo', 'pipeThrough'].map((name) =>
      replace(name, (method) => passOn(name, method)),
    ),
  ].every(Boolean);
  if (!isFollowed) step.end();
  return source;
}
