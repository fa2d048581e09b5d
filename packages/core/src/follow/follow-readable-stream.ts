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
import { passThrough, streamType } from './observe/pass-through.js';
import { canDefine, defineMethod, type Method, methodNamed } from './observe/replace-method.js';

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
  const closed = closedPromise(source);
  if (closed !== undefined) {
    closed
      .then(
        () => step.end(),
        (error: unknown) => step.fail(error),
      )
      .catch((error: unknown) => step.reportFailure('follow', error));
    return source;
  }
  // A subclass may have methods that its users need.
  if (Object.getPrototypeOf(source) !== ReadableStream.prototype) {
    return followSubclass(step, source);
  }
  return passingOn([step], source);
}

/**
 * A promise that settles as the stream did, if the stream has ended. Undefined while it can be read, and where the runtime does not
 * show its state, which no method returns.
 */
function closedPromise(source: ReadableStream<unknown>): Promise<void> | undefined {
  showsEnd ??= mayShowEnd();
  try {
    return showsEnd ? releasedClosed(source) : undefined;
  } catch {
    // An object that only inherits from a stream.
    return undefined;
  }
}

let showsEnd: boolean | undefined;

/**
 * Whether a released reader shows the end of a stream and leaves no trace. In Bun, it makes the body of a response count as used; a
 * probe with a response of our own would make Node load its fetch, which is slow.
 */
function mayShowEnd(): boolean {
  if ('Bun' in globalThis) return false;
  try {
    return releasedClosed(new ReadableStream()) === undefined;
  } catch {
    return false;
  }
}

/**
 * A reader that is released keeps its promise `closed` only if the stream can still be read (ReadableStreamReaderGenericRelease of
 * the standard). @returns the promise from before the release, if it is not kept
 */
function releasedClosed(source: ReadableStream<unknown>): Promise<void> | undefined {
  const reader = ReadableStream.prototype.getReader.call(
    source,
  ) as ReadableStreamDefaultReader<unknown>;
  const { closed } = reader;
  reader.releaseLock();
  if (reader.closed !== closed) return closed as Promise<void>;
  // Rejected by the release.
  closed.catch(() => {});
  return undefined;
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
      onFailure: (what, error) => steps[0].reportFailure(what, error),
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
  const followed = new FollowedSubclass(step, source);
  if (!followed.replaceMethods()) step.end();
  return source;
}

/** Methods that read without a visible reader. */
const PASSED_ON = ['tee', 'pipeTo', 'pipeThrough'] as const;

/** A stream of a class of its own, and the steps that wait for it to be read. */
class FollowedSubclass {
  readonly #source: ReadableStream<unknown>;
  readonly #followers: Followers<Follower>;

  constructor(step: FollowingStep, source: ReadableStream<unknown>) {
    this.#source = source;
    this.#followers = new Followers<Follower>(source, { step });
  }

  /** @returns false if the stream cannot be changed */
  replaceMethods(): boolean {
    const iterators = ['values', Symbol.asyncIterator] as const;
    const isChangeable = canDefine(this.#source, [
      'getReader',
      'cancel',
      ...iterators,
      ...PASSED_ON,
    ]);
    if (!isChangeable) return false;
    this.#replace('getReader', (read) => {
      const reader = read() as object;
      this.#endWaiting((step) => followReader(step, reader));
      return reader;
    });
    this.#replace('cancel', (cancel) => {
      this.#endWaiting((step) => step.end());
      return cancel();
    });
    for (const name of iterators) {
      this.#replace(name, (iterate) => {
        const iterator = iterate() as AsyncIterator<unknown>;
        this.#endWaiting((step) => followAsyncIterator(step, iterator));
        return iterator;
      });
    }
    for (const name of PASSED_ON)
      this.#replace(name, (pass, args) => this.#passOn(name, pass, args));
    rememberFollowers(this.#followers, 'getReader');
    return true;
  }

  /** @param by receives the original method, bound to the receiver and the arguments of the call */
  #replace(
    name: string | symbol,
    by: (original: () => unknown, args: readonly unknown[]) => unknown,
  ): void {
    const method = methodNamed(this.#source, name);
    if (method === undefined) return;
    const followed = function followedMethod(this: unknown, ...args: unknown[]) {
      return by(() => method.apply(this, args), args);
    };
    Object.defineProperty(followed, 'name', { value: method.name, configurable: true });
    defineMethod(this.#source, name, followed);
  }

  /** Calls `fn` for each step that waits for the stream to be read; none waits afterwards. Ends a step for which `fn` throws. */
  #endWaiting(fn: (step: FollowingStep) => void): void {
    for (const step of runningOf(this.#followers.dismissAll())) {
      try {
        fn(step);
      } catch (error) {
        step.reportFailure('follow', error);
        step.end();
      }
    }
  }

  /** Calls a method that reads without a visible reader on a stream that passes the chunks through. */
  #passOn(
    name: (typeof PASSED_ON)[number],
    original: () => unknown,
    args: readonly unknown[],
  ): unknown {
    // The method will throw, and the code with the reader is followed already.
    if (this.#source.locked) return original();
    const plain = this.#passingStream();
    return plain === undefined
      ? original()
      : (Reflect.get(plain, name) as Method).apply(plain, [...args]);
  }

  #passingStream(): ReadableStream<unknown> | undefined {
    const waiting = runningOf(this.#followers.dismissAll());
    const [first, ...others] = waiting;
    if (first === undefined) return undefined;
    try {
      const reader = ReadableStream.prototype.getReader.call(this.#source);
      return passingOn(
        [first, ...others],
        this.#source,
        reader as ReadableStreamDefaultReader<unknown>,
      );
    } catch (error) {
      first.reportFailure('follow', error);
      for (const step of waiting) step.end();
      return undefined;
    }
  }
}

function runningOf(followers: readonly Follower[]): readonly FollowingStep[] {
  const running: FollowingStep[] = [];
  for (const { step } of followers) if (step.isRunning) running.push(step);
  return running;
}
