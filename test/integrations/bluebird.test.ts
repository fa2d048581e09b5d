/** Promises of bluebird that traced functions return: the app uses methods of theirs that native promises do not have. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import Bluebird from 'bluebird';

// A copy of its own: cancellation is a setting of the whole library.
const Cancellable = Bluebird.getNewLibraryCopy();
Cancellable.config({ cancellation: true });

class NotFound extends Error {}

const settled = (promise: PromiseLike<unknown>) =>
  Promise.resolve(promise).then(
    (value) => ['value', value],
    (error: Error) => ['error', error.constructor.name, error.message],
  );

const found = () => Bluebird.resolve([1, 2]).delay(1);
const failing = () => found().then<number[]>(() => Promise.reject(new NotFound('no such row')));
const none = () => 'handled';

type Numbers = Bluebird<number[]>;

/** What an app does with the promise. Each must come to the same as without tracing. */
const USES: Readonly<Record<string, (promise: Numbers) => PromiseLike<unknown>>> = {
  await: async (promise) => await promise,
  'then with both': (promise) => promise.then((numbers) => numbers.length, none),
  'catch of everything': (promise) => promise.catch(none),
  'catch of a class': (promise) => promise.catch(NotFound, none),
  'catch of another class': (promise) => promise.catch(TypeError, none),
  'catch of two classes': (promise) => promise.catch(TypeError, NotFound, none),
  'catch of properties': (promise) => promise.catch({ message: 'no such row' } as never, none),
  'catch by a predicate': (promise) => promise.catch((error: Error) => error.message === '', none),
  'catch with no function': (promise) => promise.catch(NotFound, undefined as never),
  finally: (promise) => promise.finally(() => {}),
  'finally, then tap': (promise) => promise.finally(() => {}).tap(() => {}),
  'catch, then tap': (promise) => promise.catch(NotFound, () => [0]).tap(() => {}),
  'then, then spread': (promise) => promise.then((all) => all).spread((a, b) => `${a}, ${b}`),
  spread: (promise) => promise.spread((a, b) => `${a}, ${b}`),
  map: (promise) => promise.map((each) => each + 1),
  tap: (promise) => promise.tap(() => {}),
  tapCatch: (promise) => promise.tapCatch(NotFound, () => {}),
  reflect: (promise) => promise.reflect().then((end) => end.isFulfilled()),
  bind: (promise) =>
    promise.bind({ name: 'me' }).then(
      function nameOf(this: { name: string }) {
        return this.name;
      },
      function nameOf(this: { name: string }) {
        return this.name;
      },
    ),
  timeout: (promise) => promise.timeout(1000, 'late'),
  all: (promise) => Bluebird.all([promise, 3]),
};

const receiver = { name: 'bound before' };
function readReceiver(this: unknown) {
  return this === receiver;
}

describe("a traced function's promise of bluebird", () => {
  for (const [use, wait] of Object.entries(USES)) {
    it(`comes to the same as without tracing: ${use}`, async () => {
      for (const make of [found, failing]) {
        using _ = captureTraces();
        let bare: unknown;
        try {
          bare = await settled(wait(make()));
        } catch (error) {
          bare = String(error);
        }
        let traced: unknown;
        try {
          const promise = trace(make, { name: 'find' })();
          assert.ok(promise instanceof Bluebird);
          traced = await settled(wait(promise));
        } catch (error) {
          traced = String(error);
        }
        assert.deepEqual(traced, bare);
      }
    });
  }

  for (const use of [
    'await',
    'then with both',
    'catch of a class',
    'finally',
    'finally, then tap',
  ]) {
    it(`is recorded: ${use}`, async () => {
      for (const make of [found, failing]) {
        using traces = captureTraces();
        await settled((USES[use] as (promise: Numbers) => PromiseLike<unknown>)(trace(make)()));
        const [row] = await traces.rows();
        const { output, metadata } = row?.steps[0] ?? {};
        if (make === found) assert.deepEqual(output, [1, 2]);
        else assert.equal((metadata as { error?: string }).error, 'no such row');
      }
    });
  }

  it('calls back with the receiver that it is bound to', async () => {
    using _ = captureTraces();
    const bound = trace(() => found().bind(receiver));
    assert.equal(await bound().then(readReceiver), true);
    assert.equal(await bound().catch(none).then(readReceiver), true);
    assert.equal(
      await bound()
        .finally(() => {})
        .then(readReceiver),
      true,
    );
    const rejected = trace(() => failing().bind(receiver));
    assert.equal(await rejected().then(undefined, readReceiver), true);
    assert.equal(await rejected().catch(NotFound, readReceiver), true);
  });

  it('is cancelled by the promise that comes after its finally', async () => {
    using _ = captureTraces();
    const seen: string[] = [];
    const find = trace(
      () =>
        new Cancellable<number>((_resolve, _reject, onCancel) => {
          onCancel?.(() => seen.push('source'));
        }),
    );
    find()
      .finally(() => void seen.push('finally'))
      .cancel();
    find()
      .catch(NotFound, () => 0)
      .cancel();
    const direct = find();
    direct.finally(() => void seen.push('direct finally'));
    direct.cancel();
    await Bluebird.delay(5);
    assert.deepEqual(seen.sort(), ['direct finally', 'finally', 'source', 'source', 'source']);
  });
});
