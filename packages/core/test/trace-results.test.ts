/** What a function returns is followed to its end, whatever it is and whichever function of ours runs it. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { step, trace, traced } from '@openlayer-tracing/core';
import { record, rootOf, sleep } from './support.ts';

/** A stream with methods of its own, as LangChain's is: it iterates itself by a reader. */
class OwnStream extends ReadableStream<unknown> {
  #reader: ReadableStreamDefaultReader<unknown> | undefined;

  async next(): Promise<IteratorResult<unknown>> {
    this.#reader ??= this.getReader();
    return (await this.#reader.read()) as IteratorResult<unknown>;
  }

  async return(): Promise<IteratorResult<unknown>> {
    await this.#reader?.cancel();
    return { done: true, value: undefined };
  }

  // biome-ignore lint/suspicious/noExplicitAny: iterators of streams are of several types
  override [Symbol.asyncIterator](): any {
    return this;
  }
}

/** Its last item is made within a step of its own. */
async function* items(): AsyncGenerator<unknown> {
  yield { n: 1 };
  await sleep(1);
  yield await step('nested', async () => {
    await sleep(1);
    return { n: 2 };
  });
}

/** Pulls one item for one pull. */
function pulling(): ConstructorParameters<typeof ReadableStream<unknown>>[0] {
  const source = items();
  return {
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await source.return(undefined);
    },
  };
}

const iterable = () => ({ [Symbol.asyncIterator]: items });

/** Starts when it is awaited, as query builders do. */
function lazily<T>(make: () => T): PromiseLike<T> {
  // biome-ignore lint/suspicious/noThenProperty: this is what such builders are
  return { then: (onValue, onError) => Promise.resolve(make()).then(onValue, onError) };
}

class Query {
  // biome-ignore lint/suspicious/noThenProperty: this is what such builders are
  then(onValue: (value: unknown) => unknown): Promise<unknown> {
    return drained(items()).then(onValue);
  }

  [Symbol.asyncIterator]() {
    return items();
  }
}

async function drained(given: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of (await given) as AsyncIterable<unknown>) all.push(item);
  return all;
}

async function read(given: unknown): Promise<unknown[]> {
  const reader = ((await given) as ReadableStream<unknown>).getReader();
  const all: unknown[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) all.push(next.value);
  return all;
}

const LOW = { highWaterMark: 0 };
const results: Readonly<Record<string, readonly [() => unknown, (given: unknown) => unknown]>> = {
  'an async generator': [items, drained],
  'an iterable of its own': [iterable, drained],
  'a promise of a generator': [async () => items(), drained],
  'a promise of an iterable': [async () => iterable(), drained],
  'a lazy thenable': [() => lazily(() => drained(items())), (given) => given],
  'a lazy thenable of an iterable': [() => lazily(iterable), drained],
  'a query that is awaited': [() => new Query(), (given) => given],
  'a query that is iterated': [
    () => new Query(),
    async (given) => {
      const all: unknown[] = [];
      for await (const item of given as Query) all.push(item);
      return all;
    },
  ],
  'a web stream': [() => new ReadableStream(pulling(), LOW), drained],
  'a promise of a web stream': [async () => new ReadableStream(pulling(), LOW), read],
  'a stream of its own class': [() => new OwnStream(pulling(), LOW), drained],
  'a stream of its own class, by a reader': [() => new OwnStream(pulling(), LOW), read],
  'a stream of its own class, by its methods': [
    () => new OwnStream(pulling(), LOW),
    async (given) => {
      const stream = given as OwnStream;
      const all: unknown[] = [];
      for (let next = await stream.next(); !next.done; next = await stream.next()) {
        all.push(next.value);
      }
      return all;
    },
  ],
  'a stream of its own class, piped on': [
    () => new OwnStream(pulling(), LOW),
    (given) => drained((given as OwnStream).pipeThrough(new TransformStream())),
  ],
  'a stream of its own class, in two branches': [
    () => new OwnStream(pulling(), LOW),
    async (given) => {
      const [one, two] = (given as OwnStream).tee();
      const [all] = await Promise.all([drained(one), drained(two)]);
      return all;
    },
  ],
  'a promise of a stream of its own class': [async () => new OwnStream(pulling(), LOW), drained],
};

const entryPoints: Readonly<Record<string, (fn: () => unknown) => unknown>> = {
  'trace()': (fn) => trace(fn, { name: 'work' })(),
  '@traced()': (fn) => {
    class Shop {
      @traced({ name: 'work' })
      work(): unknown {
        return fn();
      }
    }
    return new Shop().work();
  },
  'step()': (fn) => step('work', fn),
};

for (const [entryPoint, run] of Object.entries(entryPoints)) {
  describe(`what is returned to ${entryPoint}`, () => {
    for (const [name, [make, take]] of Object.entries(results)) {
      it(`is followed to its end where it is ${name}`, async () => {
        using traces = record();
        // Where there is a trace around it, that one ends by itself only when all has been taken.
        const seen = await trace(async () => take(run(make)), { name: 'request' })();
        assert.deepEqual(seen, [{ n: 1 }, { n: 2 }]);
        const work = rootOf(await traces.row()).steps[0];
        assert.equal(work?.name, 'work');
        assert.deepEqual(work?.output, [{ n: 1 }, { n: 2 }]);
        const [nested] = work?.steps ?? [];
        assert.equal(nested?.name, 'nested', 'what it did stands below');
        assert.ok((nested?.endTime ?? 0) <= (work?.endTime ?? 0));
      });
    }

    it('ends where a stream of its own class is cancelled before it is read', async () => {
      using traces = record();
      await trace(
        async () => {
          const stream = run(() => new OwnStream(pulling(), LOW)) as OwnStream;
          await stream.cancel();
        },
        { name: 'request' },
      )();
      const work = rootOf(await traces.row()).steps[0];
      assert.equal(work?.output, null);
      assert.equal(work?.metadata.unfinished, undefined);
    });

    it('passes by `output` where it fails after a part', async () => {
      using traces = record();
      const failing = async function* () {
        yield 'a secret';
        throw new Error('broken');
      };
      const shown = trace(failing, { name: 'work', output: (said) => String(said).length });
      await assert.rejects(drained(shown()), /broken/);
      const row = await traces.row();
      assert.equal(rootOf(row).output, 8);
      assert.ok(!JSON.stringify(row).includes('a secret'));
    });
  });
}

describe('a stream of its own class', () => {
  it('stays the one that it is', () => {
    using _traces = record();
    const stream = new OwnStream(pulling(), LOW);
    assert.equal(trace(() => stream, { name: 'work' })(), stream);
    assert.deepEqual(Object.keys(stream), []);
  });

  it('is followed once, however it is read then', async () => {
    using traces = record();
    const stream = trace(() => new OwnStream(pulling(), LOW), { name: 'work' })();
    await stream.next();
    await stream.return();
    assert.deepEqual(rootOf(await traces.row()).output, [{ n: 1 }]);
  });

  it('of Node is followed by its events', async () => {
    using traces = record();
    await drained(trace(() => Readable.from(items()), { name: 'work' })());
    assert.deepEqual(rootOf(await traces.row()).output, [{ n: 1 }, { n: 2 }]);
  });
});
