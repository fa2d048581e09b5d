/** Promises of a class of its own, whose methods can do more than those of native ones. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { record, rootOf } from '../support.ts';

class NotFound extends Error {}

/** As the promises of older libraries are: a class of its own, with predicates and progress. */
class Deferred<T> implements PromiseLike<T> {
  readonly #held: Promise<T>;
  readonly #receiver: unknown;

  constructor(held: Promise<T>, receiver?: unknown) {
    this.#held = held;
    this.#receiver = receiver;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what the tests are about
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
    onProgress?: (progress: string) => void,
  ): Deferred<A | B> {
    onProgress?.('begun');
    return new Deferred(
      this.#held.then(onValue?.bind(this.#receiver), onError?.bind(this.#receiver)),
      this.#receiver,
    );
  }

  catch<B>(...args: readonly ((error: unknown) => B | PromiseLike<B>)[]): Deferred<T | B> {
    const onError = args[args.length - 1];
    const classes = args.slice(0, -1) as unknown as readonly (new () => Error)[];
    return this.then(undefined, (error) => {
      if (onError === undefined) throw error;
      if (classes.length === 0) return onError(error);
      if (classes.some((each) => error instanceof each)) return onError(error);
      throw error;
    });
  }

  finally(onEnd: () => void): Deferred<T> {
    return new Deferred(this.#held.finally(onEnd), this.#receiver);
  }

  tap(fn: (value: T) => void): Deferred<T> {
    return this.then((value) => {
      fn(value);
      return value;
    });
  }
}

const asked = <T>(held: Promise<T>, receiver?: unknown) =>
  trace(() => new Deferred(held, receiver), { name: 'ask' })();

describe('a followed promise of a class of its own', () => {
  it('is given all arguments of its catch', async () => {
    using traces = record();
    const failure = new NotFound('no such row');
    const handle = (error: unknown) => (error === failure ? 'handled' : 'another error');
    assert.equal(await asked(Promise.reject(failure)).catch(NotFound as never, handle), 'handled');
    await assert.rejects(
      Promise.resolve(asked(Promise.reject(failure)).catch(TypeError as never, handle)),
      (error) => error === failure,
    );
    for (const row of await traces.rows()) {
      assert.equal((rootOf(row).metadata as { error?: string }).error, 'no such row');
    }
  });

  it('keeps its class after each of its methods', async () => {
    using traces = record();
    const tapped: number[] = [];
    const tap = (value: number) => void tapped.push(value);
    await asked(Promise.resolve(1))
      .finally(() => {})
      .tap(tap);
    await asked(Promise.resolve(2))
      .catch(() => 0)
      .tap(tap);
    await asked(Promise.resolve(3))
      .then((value) => value)
      .tap(tap);
    assert.deepEqual(tapped, [1, 2, 3]);
    assert.deepEqual(
      (await traces.rows()).map(({ output }) => output),
      [1, 2, 3],
    );
  });

  it('calls back with the receiver that it was bound to', async () => {
    using _ = record();
    const receiver = { name: 'me' };
    const receivers: unknown[] = [];
    function note(this: unknown) {
      receivers.push(this);
    }
    await asked(Promise.resolve(1), receiver).then(note);
    await asked(Promise.reject(new Error('x')), receiver).then(undefined, note);
    assert.deepEqual(receivers, [receiver, receiver]);
  });

  it('is given all arguments of its then', async () => {
    using _ = record();
    const progress: string[] = [];
    const query = asked(Promise.resolve(1));
    for (const _time of ['while its step runs', 'after its end']) {
      await query.then(undefined, undefined, (what) => progress.push(what));
    }
    assert.deepEqual(progress, ['begun', 'begun']);
  });
});
