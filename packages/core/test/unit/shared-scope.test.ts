/** Lazy results that several requests share: the work of each runs in its own trace, never in that of another one. */

import assert from 'node:assert/strict';
import { getTracer, step, trace } from '@openlayer-tracing/core';
import { record, sleep } from '../support.ts';

const TRACES = ['A', 'B'] as const;

/** Runs its work at each `then`, as the query builders of Drizzle and Knex do. */
const query = () => ({
  // biome-ignore lint/suspicious/noThenProperty: it is what the tests are about
  then<A, B>(
    onValue?: ((value: number) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return step('work', () => sleep(30).then(() => 7)).then(onValue, onError);
  },
});

async function* generator() {
  for (;;) yield step('work', () => 7);
}

const pull = async (from: AsyncIterator<unknown>) => void (await from.next());

const SHARED: readonly (readonly [
  what: string,
  make: () => object,
  use: (shared: never) => Promise<unknown>,
])[] = [
  ['a thenable', query, async (shared: PromiseLike<number>) => await shared],
  ['a generator', generator, pull],
  [
    'an iterable whose iterators do the work',
    () => ({ [Symbol.asyncIterator]: generator }),
    (shared: AsyncIterable<unknown>) => pull(shared[Symbol.asyncIterator]()),
  ],
  [
    'an iterator',
    () => ({
      next: () => ({ done: false, value: step('work', () => 7) }),
      [Symbol.iterator]() {
        return this;
      },
    }),
    async (shared: Iterator<number>) => shared.next(),
  ],
  [
    'a stream of a class of its own',
    () =>
      new (class Lines extends ReadableStream<number> {})(
        { pull: (controller) => controller.enqueue(step('work', () => 7)) },
        { highWaterMark: 0 },
      ),
    async (shared: ReadableStream<number>) => {
      // It starts at once, and pulls after that.
      await sleep(1);
      const reader = shared.getReader();
      await reader.read();
      reader.releaseLock();
    },
  ],
];

/** Which trace each step of that name is in. */
async function tracesWith(recording: ReturnType<typeof record>, name: string) {
  const rows = await recording.rows();
  return rows
    .flatMap(({ steps }) => steps)
    .filter((root) => JSON.stringify(root).includes(`"name":"${name}"`))
    .map((root) => root.name)
    .sort();
}

const inTrace = <R>(name: string, fn: () => R): R => trace(fn, { name })();

describe('a lazy result that two traces share', () => {
  for (const [what, make, use] of SHARED) {
    it(`does the work of each in its own trace: ${what}`, async () => {
      using recording = record();
      const shared = make();
      const get = trace(() => shared, { name: 'get' });
      const request = async (wait: number) => {
        get();
        // The other one has called it too. They do not pull at once: a generator queues such pulls in the scope of the first.
        await sleep(wait);
        await use(shared as never);
      };
      await Promise.all(TRACES.map((name, n) => inTrace(name, () => request(1 + n * 10))));
      assert.deepEqual(await tracesWith(recording, 'work'), TRACES);
    });

    it(`does the work of a trace that only uses it in that trace: ${what}`, async () => {
      using recording = record();
      const shared = make();
      const get = trace(() => shared, { name: 'get' });
      const first = inTrace('A', async () => {
        get();
        await sleep(10);
      });
      await inTrace('B', () => use(shared as never));
      await first;
      assert.deepEqual(await tracesWith(recording, 'work'), ['B']);
    });

    it(`does the work in no trace where that could be either: ${what}`, async () => {
      using recording = record();
      const shared = make();
      const get = trace(() => shared, { name: 'get' });
      const requests = TRACES.map((name) =>
        inTrace(name, async () => {
          get();
          await sleep(10);
        }),
      );
      await use(shared as never);
      await Promise.all(requests);
      assert.deepEqual(await tracesWith(recording, 'work'), []);
    });
  }
});

describe('a lazy result of one trace', () => {
  for (const [what, make, use] of SHARED) {
    it(`does its work in that trace where it is used outside of any: ${what}`, async () => {
      using recording = record();
      const shared = make();
      const get = trace(() => shared, { name: 'get' });
      const request = inTrace('A', async () => {
        get();
        await sleep(10);
      });
      await use(shared as never);
      await request;
      assert.deepEqual(await tracesWith(recording, 'work'), ['A']);
    });

    it(`does its work in that trace where its caller, in another one, uses it: ${what}`, async () => {
      using recording = record();
      await inTrace('A', async () => {
        using job = getTracer().startTrace('job');
        const shared = job.step('find', make);
        await use(shared as never);
      });
      assert.deepEqual(await tracesWith(recording, 'work'), ['job']);
    });
  }
});
