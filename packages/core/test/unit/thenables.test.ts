import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { record, rootOf } from '../support.ts';

/** As query builders are: it does its work when it is awaited. */
class Query implements PromiseLike<unknown> {
  runs = 0;
  readonly #answer: () => unknown;

  constructor(answer: () => unknown) {
    this.#answer = answer;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what the tests are about
  then<A = unknown, B = never>(
    onValue?: ((value: unknown) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.runs++;
    return new Promise((resolve) => resolve(this.#answer())).then(onValue, onError);
  }
}

const failing = () => {
  throw new Error('x');
};

describe('an object that can be awaited and is followed', () => {
  it('is the same object, whose work begins when it is awaited', async () => {
    using traces = record();
    const query = new Query(() => 7);
    const returned = trace(() => query, { name: 'query' })();
    assert.equal(returned, query);
    assert.equal(query.runs, 0);
    assert.equal(await returned, 7);
    assert.equal(query.runs, 1);
    assert.equal(rootOf(await traces.row()).output, 7);
  });

  for (const [what, callBacks] of [
    ['nothing', []],
    ['undefined', [undefined, undefined]],
    ['null', [null, null]],
    ['what is no function', [1, 'x']],
  ] as const) {
    it(`hands its value and its error on where then() is given ${what}`, async () => {
      using _ = record();
      const asked = (query: Query) => trace(() => query, { name: 'query' })();
      assert.equal(await asked(new Query(() => 7)).then(...(callBacks as unknown as [])), 7);
      await assert.rejects(asked(new Query(failing)).then(...(callBacks as unknown as [])), {
        message: 'x',
      });
    });
  }

  it('calls back with its value or its error, and records it', async () => {
    using traces = record();
    const query = trace((answer: () => unknown) => new Query(answer), { name: 'query' });
    assert.equal(await query(() => 7).then((value) => Number(value) + 1), 8);
    assert.equal(await query(failing).then(undefined, (error) => (error as Error).message), 'x');
    const [first, second] = await traces.rows();
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(rootOf(first).output, 7);
    assert.equal((rootOf(second).metadata as { error?: string }).error, 'x');
  });
});
