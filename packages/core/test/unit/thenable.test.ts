import assert from 'node:assert/strict';
import { isThenable, watchRejection } from '../../src/values/reading/thenable.ts';

describe('a value that may be a promise', () => {
  const thenable = withThen(() => {});
  for (const value of [thenable, Object.assign(() => {}, thenable), Promise.resolve()]) {
    it(`is one: ${typeof value}`, () => assert.equal(isThenable(value), true));
  }
  for (const value of [null, undefined, 7, 'x', {}, () => {}, withThen(1)]) {
    it(`is none: ${String(value)}`, () => assert.equal(isThenable(value), false));
  }

  it('is none where it does not say', () => {
    assert.equal(
      isThenable(
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error();
          },
        }),
      ),
      false,
    );
  });

  it('has its rejection watched, and what its `then` throws', async () => {
    const seen: unknown[] = [];
    const watch = (value: unknown) => watchRejection(value, (error) => seen.push(error));
    assert.deepEqual([watch(7), watch(Promise.resolve())], [false, true]);
    assert.equal(watch(Promise.reject('rejected')), true);
    assert.equal(
      watch(
        withThen(() => {
          throw 'thrown';
        }),
      ),
      true,
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(seen.sort(), ['rejected', 'thrown']);
  });
});

/** An object with this property `then`. */
function withThen(then: unknown): { then: never } {
  return Object.fromEntries([['then', then]]) as { then: never };
}
