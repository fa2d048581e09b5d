/** Follows a web ReadableStream to its end: by a stream that passes its chunks through, or by replacing its methods. */

import { CollectedOutput } from './collected-output.js';
import { followAsyncIterator, followReader } from './follow-iterator.js';
import {
  type Follower,
  Followers,
  joinFollowers,
  rememberFollowers,
  scopeOwnerAmong,
} from './followers.js';
import type { FollowingStep } from './following-step.js';
import { passThrough, streamType } from './pass-through.js';
import { defineMethod, type Method, methodNamed } from './replace-method.js';

/** A stream of the same chunks with the same back-pressure. It locks the source at the first read. */
export function followReadableStream(
  step: FollowingStep,
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
  return passingOn([step], source);
}

function passingOn(
  steps: readonly [FollowingStep, ...(readonly FollowingStep[])],
  source: ReadableStream<unknown>,
  reader?: ReadableStreamDefaultReader<unknown>,
): ReadableStream<unknown> {
  const outputs = steps.map((step) => new CollectedOutput(step));
  const isShared = steps.length > 1;
  return passThrough(
    source,
    {
      onPull: (read) => {
        const owner = isShared ? scopeOwnerAmong(outputs) : steps[0];
        return owner === undefined ? read() : owner.run(read);
      },
      onChunk: (value) => {
        for (const output of outputs) output.collect(value);
      },
      onEnd: () => {
        for (const output of outputs) output.complete();
      },
      onError: (error) => {
        for (const output of outputs) output.fail(error);
      },
      onCancel: () => {
        for (const output of outputs) output.complete();
      },
    },
    { reader, type: reader === undefined ? streamType(source) : undefined },
  );
}

/** Follows the stream by replacing its reading methods; the first one called is followed. @returns the same stream */
function followSubclass(
  step: FollowingStep,
  source: ReadableStream<unknown>,
): ReadableStream<unknown> {
  if (joinFollowers(source, 'getReader', { step })) return source;
  const followers = new Followers(source, { step });
  /** Calls back for each step that waits for the stream to be read; each follows one reader. */
  const forEachWaiting = (fn: (step: FollowingStep) => void) => {
    for (const { step } of followers.dismissAll()) {
      try {
        if (step.isRunning) fn(step);
      } catch (error) {
        step.reportFailure('follow', error);
      }
    }
  };
  const replace = (name: string | symbol, by: (method: Method) => Method): boolean => {
    const method = methodNamed(source, name);
    return method === undefined || defineMethod(source, name, by(method));
  };
  const iterate = (method: Method): Method =>
    function followedIterator(this: unknown, ...args) {
      const iterator = method.apply(this, args) as AsyncIterator<unknown>;
      forEachWaiting((step) => followAsyncIterator(step, iterator));
      return iterator;
    };
  // These methods read without a visible reader, so they run on a stream that passes the chunks through.
  const passOn = (name: string, method: Method): Method =>
    function followedMethod(this: unknown, ...args) {
      let plain: ReadableStream<unknown> | undefined;
      const waiting = followers.dismissAll();
      try {
        const [first, ...others] = runningOf(waiting);
        if (first !== undefined) {
          const reader = ReadableStream.prototype.getReader.call(source);
          plain = passingOn(
            [first, ...others],
            source,
            reader as ReadableStreamDefaultReader<unknown>,
          );
        }
      } catch (error) {
        waiting[0]?.step.reportFailure('follow', error);
      }
      if (plain === undefined) return method.apply(this, args);
      return (Reflect.get(plain, name) as Method).apply(plain, args);
    };
  const isFollowed = [
    replace(
      'getReader',
      (method) =>
        function getReader(this: unknown, ...args) {
          const reader = method.apply(this, args) as object;
          forEachWaiting((step) => followReader(step, reader));
          return reader;
        },
    ),
    replace(
      'cancel',
      (method) =>
        function cancel(this: unknown, ...args) {
          forEachWaiting((step) => step.end());
          return method.apply(this, args);
        },
    ),
    replace(Symbol.asyncIterator, iterate),
    replace('values', iterate),
    ...['tee', 'pipeTo', 'pipeThrough'].map((name) =>
      replace(name, (method) => passOn(name, method)),
    ),
  ].every(Boolean);
  if (isFollowed) rememberFollowers(followers, 'getReader');
  else step.end();
  return source;
}

function runningOf(followers: readonly Follower[]): readonly FollowingStep[] {
  return followers.map(({ step }) => step).filter((step) => step.isRunning);
}
