/** Objects that many calls return: a pooled socket, a memoized promise, a long-lived stream. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { getTracer, trace } from '@openlayer-tracing/core';
import { record } from '../support.ts';

/** Each layer would be a call within another one. */
const CALLS = 20_000;

class Memoized<T> extends Promise<T> {}
class Lines extends ReadableStream<string> {}

const lines = () =>
  new Lines({
    start(controller) {
      controller.enqueue('a');
      controller.close();
    },
  });

const endless = () => ({
  n: 0,
  async next() {
    return { done: false, value: this.n++ };
  },
  async return() {
    return { done: true, value: undefined };
  },
  [Symbol.asyncIterator]() {
    return this;
  },
});

/** An object that is shared, the method that is replaced, and how an app uses it. */
const SHARED: readonly (readonly [
  what: string,
  make: () => object,
  method: string | symbol,
  use: (shared: never) => unknown,
  used: unknown,
])[] = [
  ['a promise of another class', () => Memoized.resolve(7), 'then', (p: Promise<number>) => p, 7],
  [
    'an object that can be awaited',
    () =>
      Object.defineProperty({}, 'then', {
        value: (onValue: (value: number) => unknown) => onValue(7),
        configurable: true,
        writable: true,
      }),
    'then',
    async (query: PromiseLike<number>) => await query,
    7,
  ],
  [
    'a stream of Node',
    () => new PassThrough(),
    'emit',
    (stream: PassThrough) => stream.emit('unheard', 1),
    false,
  ],
  [
    'an asynchronous iterator',
    endless,
    'next',
    async (iterator: AsyncIterator<number>) => (await iterator.next()).value,
    0,
  ],
  [
    'an asynchronous iterable',
    () => ({ [Symbol.asyncIterator]: endless }),
    Symbol.asyncIterator,
    async (iterable: AsyncIterable<number>) => {
      for await (const item of iterable) return item;
      return undefined;
    },
    0,
  ],
  ['an iterator', () => [7][Symbol.iterator](), 'next', (i: Iterator<number>) => i.next().value, 7],
  [
    'a stream of a class of its own',
    lines,
    'getReader',
    async (stream: ReadableStream<string>) => (await stream.getReader().read()).value,
    'a',
  ],
];

describe('an object that every call returns', () => {
  for (const [what, make, method, use, used] of SHARED) {
    it(`is wrapped once, and stays usable: ${what}`, async () => {
      using recording = record();
      const shared = make();
      const get = trace(() => shared, { name: 'get' });
      assert.equal(get(), shared);
      const replaced = Reflect.get(shared, method);
      for (let call = 1; call < CALLS; call++) get();
      assert.equal(Reflect.get(shared, method), replaced);
      assert.equal(await use(shared as never), used);
      assert.deepEqual(recording.reasons, []);
    });
  }
});

describe('a shared result', () => {
  it('that can be awaited is the output of each step that returned it', async () => {
    using recording = record();
    let settle: ((value: number) => void) | undefined;
    const pending = new Memoized<number>((resolve) => {
      settle = resolve;
    });
    const get = trace(() => pending, { name: 'get' });
    const all = Array.from({ length: 500 }, () => get());
    settle?.(7);
    assert.deepEqual(new Set(await Promise.all(all)), new Set([7]));
    assert.equal(await get(), 7);
    const rows = await recording.rows();
    assert.deepEqual([rows.length, new Set(rows.map(({ output }) => output))], [501, new Set([7])]);
  });

  it('that fails has each step fail that waits for it', async () => {
    using recording = record();
    const failing = Memoized.reject(new Error('x'));
    const get = trace(() => failing, { name: 'get' });
    for (const each of [get(), get()]) await assert.rejects(each, { message: 'x' });
    assert.equal((await recording.rows()).length, 2);
  });

  it('that is a stream of Node has its chunks in each step that is running', async () => {
    using recording = record();
    const stream = new PassThrough();
    const inner = trace(() => stream, { name: 'inner' });
    const outer = trace(() => inner(), { name: 'outer' });
    outer();
    stream.end('ab');
    const chunks: unknown[] = [];
    for await (const chunk of stream) chunks.push(String(chunk));
    assert.deepEqual(chunks, ['ab']);
    for (const name of ['inner', 'outer']) assert.equal((await recording.step(name)).output, 'ab');
  });

  it('that is an iterable has its items in each step that is running, and in none that has ended', async () => {
    using recording = record();
    const iterable = {
      async *[Symbol.asyncIterator]() {
        yield 'a';
      },
    };
    const get = trace(() => iterable, { name: 'get' });
    for (let call = 0; call < 3; call++) {
      for await (const item of get()) assert.equal(item, 'a');
    }
    assert.deepEqual(
      (await recording.rows()).map(({ output }) => output),
      ['a', 'a', 'a'],
    );
  });

  it('that is a stream of a class of its own is read by each step that waits for it', async () => {
    using recording = record();
    const stream = lines();
    const inner = trace(() => stream, { name: 'inner' });
    const outer = trace(() => inner(), { name: 'outer' });
    const [one, other] = outer().tee();
    assert.deepEqual([await new Response(one.pipeThrough(new TextEncoderStream())).text()], ['a']);
    await other.cancel();
    for (const name of ['inner', 'outer']) assert.equal((await recording.step(name)).output, 'a');
  });

  it('is followed again by a method that the app has put before it', async () => {
    using recording = record();
    const stream = new PassThrough();
    const get = trace(() => stream, { name: 'get' });
    get();
    const { emit } = stream;
    let events = 0;
    Object.assign(stream, {
      emit(...args: Parameters<typeof emit>) {
        events++;
        return emit.apply(stream, args);
      },
    });
    get();
    stream.resume().end('a');
    await new Promise((resolve) => stream.on('close', resolve));
    assert.ok(events > 0);
    const outputs = (await recording.rows()).map(({ output }) => output);
    assert.deepEqual(outputs, ['a', 'a']);
  });

  it('that nobody reads keeps a bounded number of traces open', async () => {
    using recording = record();
    const socket = new PassThrough();
    const get = trace(() => socket, { name: 'get' });
    for (let call = 0; call < 1000; call++) get();
    const { open } = getTracer().stats();
    assert.ok(open <= 100, `${open} are open`);
    socket.destroy();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal((await recording.rows()).length, 1000);
    assert.deepEqual(recording.reasons, []);
  });
});
