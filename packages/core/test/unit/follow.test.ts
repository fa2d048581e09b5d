import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { CollectedOutput } from '../../src/follow/collected-output.ts';
import {
  followAsyncIterable,
  followAsyncIterator,
  followIterator,
  followReader,
} from '../../src/follow/follow-iterator.ts';
import { followPromise, followThenable } from '../../src/follow/follow-promise.ts';
import { followReadable } from '../../src/follow/follow-readable.ts';
import { followReadableStream } from '../../src/follow/follow-readable-stream.ts';
import { followResult } from '../../src/follow/follow-result.ts';
import type { FollowingStep } from '../../src/follow/following-step.ts';
import { isNodeReadable, type NodeReadable } from '../../src/follow/observe/node-readable.ts';
import { onEmit } from '../../src/follow/observe/on-emit.ts';
import { passThrough } from '../../src/follow/observe/pass-through.ts';

interface NotedStep extends FollowingStep {
  /** How the step ended, and with what. */
  readonly ends: readonly (readonly [how: string, ...what: readonly unknown[]])[];
  readonly failures: readonly string[];
  /** How often code ran in the scope of the step. */
  readonly runs: number;
}

/** A step that notes what is said to it. */
function stepThat(options: Partial<FollowingStep> = {}): NotedStep {
  const ends: [string, ...unknown[]][] = [];
  const failures: string[] = [];
  let runs = 0;
  return {
    ends,
    failures,
    get runs() {
      return runs;
    },
    get isRunning() {
      return ends.length === 0;
    },
    trace: {},
    callersTrace: undefined,
    outputOf: undefined,
    run(fn) {
      runs++;
      return fn();
    },
    currentTrace: () => undefined,
    callersScope: () => (fn) => fn(),
    snapshot: (item) => JSON.stringify(item),
    isSecretPiece: () => false,
    waitForReader() {},
    complete: (result) => void ends.push(['complete', result]),
    fail: (error, ...soFar) => void ends.push(['fail', (error as Error).message, ...soFar]),
    end: () => void ends.push(['end']),
    reportFailure: (what) => failures.push(what),
    ...options,
  };
}

describe('the output that is collected', () => {
  const same = (result: unknown) => result;
  const MAX = 65_536;
  const object = { a: 'x'.repeat(92) };
  const bytes = (text: string) => new TextEncoder().encode(text);
  const CASES: readonly (readonly [
    what: string,
    items: readonly unknown[],
    output: unknown,
    options?: Partial<FollowingStep>,
  ])[] = [
    ['of nothing is nothing', [], undefined],
    ['of strings is one', ['a', '', 'b'], 'ab'],
    ['of bytes is a string', [Uint8Array.of(0xc3), Uint8Array.of(0xa4, 0x61)], 'äa'],
    ['of anything else is an array', ['a', { b: 1 }], ['a', { b: 1 }]],
    [
      'is the last item where that is asked for',
      [{ a: 1 }, { b: 2 }],
      { b: 2 },
      { takesLastItem: true },
    ],
    ['of strings is whole up to its limit', ['x'.repeat(MAX - 1), 'y'], `${'x'.repeat(MAX - 1)}y`],
    [
      'of strings says how much is missing',
      ['x'.repeat(MAX), 'y', 'z'],
      `${'x'.repeat(MAX)}… [cut: 2 more parts]`,
    ],
    [
      'of bytes says how many are missing, and what comes after them',
      [new TextEncoder().encode('字'.repeat(MAX)), 'x', Uint8Array.of(0x78)],
      `${'字'.repeat(Math.floor(MAX / 3))}… [cut: ${MAX * 2} more bytes]… [cut: 2 more parts]`,
    ],
    [
      'of bytes among other items says how many are missing',
      [{ a: 1 }, new Uint8Array(MAX + 5).fill(97), 'x'],
      [{ a: 1 }, `${'a'.repeat(MAX)}… [cut: 5 more bytes]`, '[cut: 1 more items]'],
    ],
    [
      'is the last item, whatever was cut before',
      [new TextEncoder().encode(`a${'字'.repeat(MAX)}`), new TextEncoder().encode('b')],
      'b',
      { takesLastItem: true },
    ],
    ['of bytes is whole up to its limit', [new Uint8Array(MAX).fill(97)], 'a'.repeat(MAX)],
    [
      'of binary data is a mark',
      [Buffer.from('89504e47', 'hex'), Buffer.from('more')],
      '[Buffer stream: 8 bytes]',
    ],
    [
      'of bytes that begin within a character is a mark if they turn out to be binary',
      [Uint8Array.of(0xe2), Uint8Array.of(0xe3), bytes('more')],
      '[Uint8Array stream: 6 bytes]',
    ],
    [
      'of text in bytes keeps the text before and after a byte that is not UTF-8',
      [...Array(1000).fill(bytes('line of text\n')), Uint8Array.of(0xe9), bytes('t\u00e9')],
      `${'line of text\n'.repeat(1000)}\ufffdt\u00e9`,
    ],
    [
      'of text in bytes keeps its place where a character is cut off',
      [Uint8Array.of(0x61, 0xe2), Uint8Array.of(0xff), bytes('b')],
      'a\ufffd\ufffdb',
    ],
    ['of text in bytes keeps a NUL within it', [bytes('a'), bytes('\0b')], 'a\0b'],
    [
      'of text in bytes, a byte that is not UTF-8 and a string is one string',
      [bytes('a'), Uint8Array.of(0xff), 'b'],
      'a\ufffdb',
    ],
    ['of bytes with a NUL is a mark', [bytes('RIFF\0')], '[Uint8Array stream: 5 bytes]'],
    [
      'of binary data counts what is beyond the limit',
      [Uint8Array.of(0xff), new Uint8Array(MAX)],
      `[Uint8Array stream: ${MAX + 1} bytes]`,
    ],
    ['of bytes may end within a character', [bytes('a'), Uint8Array.of(0xe2, 0x82)], 'a'],
    [
      'of binary data names it once before other items, and each after them',
      [Uint8Array.of(0xff), Uint8Array.of(0xff), { a: 1 }, Uint8Array.of(0xff), bytes('b'), 'c'],
      ['[Uint8Array stream: 2 bytes]', { a: 1 }, '[Uint8Array: 1 bytes]', 'b', 'c'],
    ],
    [
      'of strings and binary data is an array',
      ['a', bytes('b'), Uint8Array.of(0xff), 'c'],
      ['a', 'b', '[Uint8Array: 1 bytes]', 'c'],
    ],
    [
      'of binary data and a string begins with its mark',
      [Uint8Array.of(0xff), 'a', 'b'],
      ['[Uint8Array stream: 1 bytes]', 'a', 'b'],
    ],
    [
      'is the last item where that is binary',
      [Uint8Array.of(0xff)],
      '[Uint8Array: 1 bytes]',
      { takesLastItem: true },
    ],
    [
      'is the last item where that follows half a character',
      [Uint8Array.of(0xe2), bytes('a')],
      'a',
      { takesLastItem: true },
    ],
    [
      'that the app converts is a mark for binary data too',
      [Uint8Array.of(0xff)],
      '[Uint8Array stream: 1 bytes]',
      { outputOf: same },
    ],
    ['counts empty strings', Array(MAX + 1).fill(''), '… [cut: 1 more parts]'],
    ['of thousands of strings is whole', Array(5000).fill('a'), 'a'.repeat(5000)],
    ['of a thousand items is whole', Array(1000).fill(1), Array(1000).fill(1)],
    [
      'of more items says how many are missing',
      Array(1003).fill(1),
      [...Array(1000).fill(1), '[cut: 3 more items]'],
    ],
    [
      'counts items by their JSON text',
      ['x'.repeat(MAX - 100), object, 1],
      ['x'.repeat(MAX - 100), object, '[cut: 1 more items]'],
    ],
    [
      'has room for an item of one character less',
      ['x'.repeat(MAX - 101), object, 1],
      ['x'.repeat(MAX - 101), object, 1],
    ],
    [
      'counts items that the app converts as 64 characters',
      ['x'.repeat(MAX - 64), object, 1],
      ['x'.repeat(MAX - 64), object, '[cut: 1 more items]'],
      { outputOf: same },
    ],
  ];
  for (const [what, items, output, options] of CASES) {
    it(what, () => {
      const [left, failed] = [stepThat(options), stepThat(options)];
      for (const step of [left, failed]) {
        const collected = new CollectedOutput(step);
        for (const item of items) collected.collect(item);
        if (step === left) collected.complete();
        else collected.fail(new Error('x'));
      }
      assert.deepEqual(left.ends, [['complete', output]]);
      assert.deepEqual(failed.ends, [['fail', 'x', output]]);
      assert.deepEqual([left.failures, failed.failures], [[], []]);
    });
  }

  it('is of items as they were, or the items themselves for a function of the app', () => {
    for (const [options, expected] of [
      [{}, { a: 1 }],
      [{ outputOf: same }, { a: 2 }],
    ] as const) {
      const step = stepThat(options);
      const collected = new CollectedOutput(step);
      const item = { a: 1 };
      collected.collect(item);
      item.a = 2;
      collected.complete();
      assert.deepEqual(step.ends, [['complete', [expected]]]);
    }
  });

  it('has a failure of ours reported, which harms nobody', () => {
    const snapshot = () => {
      throw new Error();
    };
    const step = stepThat({ snapshot });
    const collected = new CollectedOutput(step);
    collected.collect({});
    collected.complete();
    assert.deepEqual(step.failures, ['output']);
    assert.deepEqual(step.ends, [['complete', ['[cut: 1 more items]']]]);
  });
});

describe('an iterator that is followed', () => {
  const counting = () => {
    let n = 0;
    return { next: () => (n < 2 ? { done: false, value: n++ } : { done: true, value: undefined }) };
  };

  it('is the same one, each of whose calls runs in the step', () => {
    const step = stepThat();
    const iterator = counting();
    assert.equal(followIterator(step, iterator as Iterator<unknown>), iterator);
    assert.deepEqual([iterator.next().value, iterator.next().value], [0, 1]);
    assert.deepEqual(step.ends, []);
    assert.equal(iterator.next().done, true);
    assert.deepEqual([step.ends, step.runs], [[['complete', [0, 1]]], 3]);
  });

  it('is left alone where it cannot be changed, and its step ends', () => {
    const FOLLOW: readonly ((step: FollowingStep, iterator: never) => unknown)[] = [
      followIterator,
      followAsyncIterator,
    ];
    for (const lock of [Object.freeze, Object.seal, Object.preventExtensions]) {
      for (const follow of FOLLOW) {
        const step = stepThat();
        const iterator = lock(counting());
        const { next } = iterator;
        follow(step, iterator as never);
        assert.equal(iterator.next, next);
        assert.deepEqual(step.ends, [['end']]);
      }
    }
  });

  it('ends its step where the consumer leaves, whatever is returned then', () => {
    for (const returned of [{ done: false, value: 1 }, undefined]) {
      const step = stepThat();
      const iterator = { ...counting(), return: () => returned };
      followIterator(step, iterator as never);
      iterator.next();
      assert.equal(iterator.return(), returned);
      assert.deepEqual(step.ends, [['complete', [0]]]);
    }
  });

  it('fails as it does', () => {
    const step = stepThat();
    const iterator = {
      next() {
        throw new Error('x');
      },
    };
    followIterator(step, iterator as never);
    assert.throws(() => iterator.next(), { message: 'x' });
    assert.deepEqual(step.ends, [['fail', 'x', undefined]]);
  });
});

describe('an asynchronous iterator that is followed', () => {
  class Lazy<T> extends Promise<T> {}
  const thenable = withThen((onValue: (value: unknown) => void) =>
    onValue({ done: false, value: 7 }),
  );
  const RESULTS: readonly (readonly [what: string, result: () => unknown, collected: unknown])[] = [
    ['a promise', () => Promise.resolve({ done: false, value: 7 }), [7]],
    ['a promise of another class', () => Lazy.resolve({ done: false, value: 7 }), [7]],
    ['an object that can be awaited', () => thenable, [7]],
    ['no promise', () => ({ done: false, value: 7 }), [7]],
    ['a number', () => 7, [null]],
    ['null', () => null, [null]],
  ];
  for (const [what, next, collected] of RESULTS) {
    it(`may return ${what}`, async () => {
      const step = stepThat({ snapshot: (item) => JSON.stringify(item ?? null) });
      const iterator = { next, return: () => undefined };
      followAsyncIterator(step, iterator as never);
      const result = iterator.next();
      if (what.startsWith('a promise')) {
        assert.equal((result as object).constructor, (next() as object).constructor);
      }
      assert.deepEqual(await result, await next());
      iterator.return();
      assert.deepEqual(step.ends, [['complete', collected]]);
    });
  }

  for (const [what, next] of [
    ['throws', () => raise(new Error('x'))],
    ['is rejected', () => Promise.reject(new Error('x'))],
  ] as const) {
    it(`fails where a pull ${what}`, async () => {
      const step = stepThat();
      const iterator = { next };
      followAsyncIterator(step, iterator as never);
      await assert.rejects(async () => iterator.next(), { message: 'x' });
      assert.deepEqual(step.ends, [['fail', 'x', undefined]]);
    });
  }

  it('returns what cannot be awaited as it is', () => {
    const step = stepThat();
    const hostile = Object.defineProperty(Promise.resolve(), 'then', {
      get: () => raise(new Error()),
    });
    const iterator = { next: () => hostile };
    followAsyncIterator(step, iterator as never);
    assert.equal(iterator.next(), hostile);
    assert.deepEqual(step.ends, []);
  });

  it('of an iterable is followed once, until its step has ended', async () => {
    const step = stepThat();
    const iterable = {
      async *[Symbol.asyncIterator]() {
        yield 1;
      },
    };
    assert.equal(followAsyncIterable(step, iterable), iterable);
    for (let i = 0; i < 2; i++) for await (const item of iterable) assert.equal(item, 1);
    assert.deepEqual(step.ends, [['complete', [1]]]);
    const frozen = stepThat();
    followAsyncIterable(
      frozen,
      Object.freeze({ [Symbol.asyncIterator]: iterable[Symbol.asyncIterator] }),
    );
    assert.deepEqual(frozen.ends, [['end']]);
  });

  it('is the reader of a stream as well', async () => {
    const cancelled = stepThat();
    const source = () => new Response('ab').body as ReadableStream<Uint8Array>;
    const reader = followReader(cancelled, source().getReader());
    await reader.read();
    await reader.cancel();
    assert.deepEqual(cancelled.ends, [['complete', 'ab']]);
    const drained = stepThat();
    const other = followReader(drained, source().getReader());
    for (let isOver = false; !isOver; ) isOver = (await other.read()).done;
    assert.deepEqual(drained.ends, [['complete', 'ab']]);
  });
});

describe('a stream of Node that is followed', () => {
  const emitting = () => new EventEmitter() as EventEmitter & NodeReadable;

  it('is recognised by its state and its events', () => {
    assert.equal(isNodeReadable(new Readable()), true);
    assert.equal(isNodeReadable(emitting()), false);
    assert.equal(isNodeReadable({ _readableState: {} }), false);
  });

  for (const [event, argument, end] of [
    ['end', undefined, ['complete', 'a']],
    ['close', undefined, ['complete', 'a']],
    ['error', new Error('x'), ['fail', 'x', 'a']],
  ] as const) {
    it(`ends its step with the first of its last events: ${event}`, () => {
      const step = stepThat();
      const stream = emitting();
      const heard: unknown[] = [];
      for (const each of ['data', 'end', 'close', 'error', 'pause']) {
        stream.on(each, (value) => heard.push([each, value]));
      }
      assert.equal(followReadable(step, stream), stream);
      stream.emit('data', 'a');
      assert.equal(stream.emit('pause'), true);
      assert.equal(stream.emit('unheard'), false);
      assert.deepEqual(step.ends, []);
      stream.emit(event, argument);
      stream.emit('data', 'b');
      stream.emit('close');
      assert.deepEqual(step.ends, [end]);
      assert.deepEqual(heard, [
        ['data', 'a'],
        ['pause', undefined],
        [event, argument],
        ['data', 'b'],
        ['close', undefined],
      ]);
    });
  }
});

describe('a stream of Node that cannot be changed', () => {
  it('is left alone, and its step ends', () => {
    const step = stepThat();
    const stream = new Readable({ read() {} });
    // As the assignment to a frozen object does in strict code.
    const set = () => {
      throw new TypeError('read-only');
    };
    Object.defineProperty(stream, 'emit', { get: () => Readable.prototype.emit, set });
    assert.equal(followReadable(step, stream), stream);
    assert.deepEqual(step.ends, [['end']]);
  });
});

describe('the events of an emitter', () => {
  it('of a derived object are those of the emitter behind it', () => {
    const emitter = new EventEmitter();
    const seen: unknown[] = [];
    assert.ok(onEmit(Object.create(emitter), (event) => seen.push(event)));
    emitter.emit('data');
    assert.deepEqual(seen, ['data']);
  });

  it('reach their listeners with all arguments, also if the observer throws', () => {
    const emitter = new EventEmitter();
    const seen: unknown[] = [];
    const received: unknown[] = [];
    onEmit(emitter, (...args) => {
      seen.push(args);
      throw new Error('ours');
    });
    emitter.on('data', (...args) => received.push(args));
    assert.equal(emitter.emit('data', 1, 2, 3), true);
    assert.equal(emitter.emit('end'), false);
    assert.deepEqual(received, [[1, 2, 3]]);
    assert.deepEqual(seen, [
      ['data', 1, 2],
      ['end', undefined, undefined],
    ]);
  });
});

describe('a web stream that is followed', () => {
  class Lines extends ReadableStream<string> {}

  const source = {
    pull(controller: ReadableStreamDefaultController<string>) {
      controller.enqueue('a');
      controller.close();
    },
  };

  it('is read in the scope of its step, also by code of another trace', async () => {
    const step = stepThat({ currentTrace: () => ({}) });
    const followed = followReadableStream(step, new ReadableStream(source, { highWaterMark: 0 }));
    for await (const _ of followed);
    assert.deepEqual([step.runs, step.ends], [2, [['complete', 'a']]]);
  });

  it('of several traces is read in the scope of none of them where the running code is in no trace', async () => {
    const steps = [stepThat(), stepThat()];
    const lines = new Lines(source, { highWaterMark: 0 });
    for (const step of steps) assert.equal(followReadableStream(step, lines), lines);
    for await (const _ of lines.pipeThrough(new TransformStream()));
    for (const step of steps) assert.deepEqual([step.runs, step.ends], [0, [['complete', 'a']]]);
  });

  for (const name of ['getReader', 'cancel', 'values', 'tee', 'pipeTo', 'pipeThrough']) {
    it(`is left to the app where it cannot be followed by ${name}(), and its step ends`, () => {
      const lines = new Lines(source);
      Object.defineProperty(lines, name, { value: Reflect.get(lines, name) });
      const step = stepThat();
      assert.equal(followReadableStream(step, lines), lines);
      assert.deepEqual(step.ends, [['end']]);
    });
  }
});

describe('a promise that is followed', () => {
  const passOn = (step: FollowingStep, value: unknown) => {
    step.complete(value);
    return value;
  };

  it('keeps its helpers, and its own `then` where it has one', async () => {
    const step = stepThat();
    const helped = Object.assign(Promise.resolve(7), { withResponse: () => 'response' });
    const followed = followPromise(step, helped, passOn) as typeof helped;
    assert.notEqual(followed, helped);
    assert.deepEqual([await followed, followed.withResponse()], [7, 'response']);
    assert.deepEqual(step.ends, [['complete', 7]]);
    for (const name of ['then', 'constructor']) {
      const own = Promise.resolve(7);
      Object.defineProperty(own, name, {
        value: Reflect.get(own, name),
        configurable: true,
        writable: true,
      });
      assert.equal(followPromise(stepThat(), own, passOn), own);
    }
  });

  it('has a stream followed once, however often it is awaited', async () => {
    const step = stepThat();
    let times = 0;
    const fulfil = (_: FollowingStep, value: unknown) => {
      times++;
      return { followed: value };
    };
    class Client extends Promise<unknown> {}
    const stream = { chunks: 1 };
    const followed = followThenable(step, Client.resolve(stream), fulfil);
    const [first, second] = [await followed, await followed];
    assert.deepEqual(first, { followed: stream });
    assert.equal(first, second);
    assert.equal(times, 1);
  });

  it('is followed by the `catch` and `finally` of its own, which may not call `then`', async () => {
    const direct = (error: Error) => {
      const promise = Promise.reject(error);
      promise.catch(() => {});
      class Client extends Promise<unknown> {}
      const client = Client.reject(error) as Promise<unknown>;
      Object.assign(client, {
        catch: (onError: (error: unknown) => unknown) => promise.catch(onError),
        finally: (onEnd: () => void) => promise.finally(onEnd),
      });
      client.then(undefined, () => {});
      return client;
    };
    const caught = stepThat();
    const one = followThenable(caught, direct(new Error('x')), passOn) as Promise<unknown>;
    assert.equal(await one.catch((error: Error) => error.message), 'x');
    assert.deepEqual(caught.ends, [['fail', 'x']]);
    const settled = stepThat();
    const other = followThenable(settled, direct(new Error('y')), passOn) as Promise<unknown>;
    let isOver = false;
    await assert.rejects(
      other.finally(() => {
        isOver = true;
      }),
      { message: 'y' },
    );
    assert.deepEqual([settled.ends, isOver], [[['fail', 'y']], true]);
  });

  it('runs its work in the step while that runs, and calls back outside of it', async () => {
    const inScope: string[] = [];
    const step = stepThat({
      run: (fn) => {
        inScope.push('step');
        return fn();
      },
      callersScope: () => (fn) => {
        inScope.push('caller');
        return fn();
      },
    });
    const thenable = withThen((onValue: (value: unknown) => unknown) => onValue(7));
    const query = followThenable(step, thenable, passOn);
    assert.equal(
      query.then((value) => Number(value) + 1),
      8,
    );
    assert.deepEqual(inScope, ['step', 'caller']);
    // The step has ended.
    assert.equal(
      query.then((value) => Number(value) + 2),
      9,
    );
    assert.deepEqual(inScope, ['step', 'caller']);
  });

  it('has its `then` called once where that throws', () => {
    let calls = 0;
    const query = withThen(() => {
      calls++;
      throw new Error('no connection');
    });
    const followed = followThenable(stepThat(), query, passOn);
    assert.throws(() => followed.then(), { message: 'no connection' });
    assert.equal(calls, 1);
  });

  it('is left alone where it is frozen', () => {
    const step = stepThat();
    const frozen = Object.freeze(withThen(() => undefined));
    assert.equal(followThenable(step, frozen, passOn), frozen);
    assert.deepEqual(step.ends, [['end']]);
  });
});

describe('a result', () => {
  async function* chunks() {
    yield 1;
  }
  const COMPLETE: readonly (readonly [what: string, value: unknown])[] = [
    ['a number', 7],
    ['null', null],
    ['a function', () => {}],
    ['an object', { a: 1 }],
    ['an object without a prototype', Object.create(null)],
    ['an array', [1]],
    ['a set', new Set([1])],
    ['an object with a `next` that is no iterator', { next: () => 1 }],
    ['an object whose `then` is no function', withThen(1)],
    [
      'a class that looks like a stream',
      new (class {
        getReader() {}
        tee() {}
      })(),
    ],
    ['a proxy', new Proxy(chunks(), {})],
  ];
  for (const [what, value] of COMPLETE) {
    it(`is complete at once: ${what}`, () => {
      const step = stepThat();
      assert.equal(followResult(step, value), value);
      assert.deepEqual(step.ends, [['complete', value]]);
    });
  }

  const LAZY: readonly (readonly [what: string, make: () => unknown])[] = [
    ['a generator', function* () {}],
    ['an asynchronous generator', chunks],
    ['an iterable object', () => ({ [Symbol.asyncIterator]: chunks })],
    ['an iterator', () => [1].values()],
    ['a web stream', () => new ReadableStream()],
    ['a stream of Node', () => new Readable({ read() {} })],
    ['an object that can be awaited', () => withThen(() => {})],
  ];
  for (const [what, make] of LAZY) {
    it(`is complete once it is read: ${what}`, () => {
      const waits: number[] = [];
      const step = stepThat({ waitForReader: (ms) => waits.push(ms) });
      followResult(step, make());
      assert.deepEqual([step.ends, waits], [[], [600_000]]);
    });
  }

  it('that looks like a web stream is complete where the platform has none', () => {
    const { ReadableStream: known } = globalThis;
    const lookalike = Object.create({ getReader() {}, tee() {} });
    const step = stepThat();
    Reflect.deleteProperty(globalThis, 'ReadableStream');
    try {
      followResult(step, lookalike);
    } finally {
      globalThis.ReadableStream = known;
    }
    assert.deepEqual([step.ends, step.failures], [[['complete', lookalike]], []]);
  });

  it('of a promise is followed on, unless its step ends with the promise', async () => {
    for (const [endsWithPromise, ends] of [
      [false, []],
      [true, [['complete']]],
    ] as const) {
      const step = stepThat({ endsWithPromise });
      await followResult(step, Promise.resolve(new Readable({ read() {} })));
      assert.deepEqual(
        step.ends.map(([how]) => [how]),
        ends,
      );
    }
  });

  it('that cannot be followed is the same, and reported', () => {
    const step = stepThat({ waitForReader: () => raise(new Error()) });
    const generator = chunks();
    assert.equal(followResult(step, generator), generator);
    assert.deepEqual([step.failures, step.ends], [['follow'], [['end']]]);
  });
});

/** An object with this property `then`. */
function withThen(then: unknown): { then: never } {
  return Object.fromEntries([['then', then]]) as { then: never };
}

function raise(error: unknown): never {
  throw error;
}

describe('an object of which one method cannot be replaced', () => {
  const FOLLOWS = {
    followIterator: (step: FollowingStep, iterator: object) =>
      followIterator(step, iterator as Iterator<unknown>),
    followAsyncIterator: (step: FollowingStep, iterator: object) =>
      followAsyncIterator(step, iterator as AsyncIterator<unknown>),
  };
  for (const fixed of ['next', 'return', 'throw'] as const) {
    for (const [kind, follow] of Object.entries(FOLLOWS)) {
      it(`stays as it is: ${fixed}, ${kind}`, () => {
        const iterator = {
          next: () => ({ done: false, value: 1 }),
          return: () => ({ done: true, value: undefined }),
          throw: () => ({ done: true, value: undefined }),
        };
        Object.defineProperty(iterator, fixed, { configurable: false, writable: false });
        const before = { ...iterator };
        for (let i = 0; i < 3; i++) {
          const step = stepThat();
          follow(step, iterator);
          assert.deepEqual(step.ends, [['end']]);
        }
        assert.deepEqual({ ...iterator }, before);
      });
    }
  }

  for (const fixed of ['getReader', 'cancel', 'tee', Symbol.asyncIterator] as const) {
    it(`stays as it is: ${String(fixed)} of a stream`, () => {
      const stream = new (class Lines extends ReadableStream<string> {})();
      Object.defineProperty(stream, fixed, { value: () => undefined });
      const before = Object.getOwnPropertyNames(stream);
      const step = stepThat();
      followReadableStream(step, stream);
      assert.deepEqual(step.ends, [['end']]);
      assert.deepEqual(Object.getOwnPropertyNames(stream), before);
    });
  }
});

describe('a stream of a class of its own', () => {
  class Lines extends ReadableStream<string> {}
  const lines = () =>
    new Lines({
      start(controller) {
        controller.enqueue('a');
        controller.close();
      },
    });

  it('that the app wrongly reads twice is followed by its first reader, and nothing is reported', async () => {
    const step = stepThat();
    const stream = followReadableStream(step, lines());
    const reader = stream.getReader();
    assert.throws(() => stream.tee(), TypeError);
    await assert.rejects(stream.pipeTo(new WritableStream()), TypeError);
    assert.equal((await reader.read()).value, 'a');
    assert.equal((await reader.read()).done, true);
    assert.deepEqual(step.ends, [['complete', 'a']]);
    assert.deepEqual(step.failures, []);
  });

  it('keeps the names of its methods', () => {
    const stream = followReadableStream(stepThat(), lines());
    for (const name of ['getReader', 'cancel', 'tee', 'pipeTo', 'values'] as const)
      assert.equal(stream[name].name, name);
  });

  it('ends every step that it cannot follow', () => {
    const source = lines();
    const steps = [stepThat(), stepThat()];
    for (const step of steps) followReadableStream(step, source);
    const { getReader } = ReadableStream.prototype;
    try {
      ReadableStream.prototype.getReader = () => {
        throw new Error('replaced');
      };
      assert.equal(source.tee().length, 2);
    } finally {
      ReadableStream.prototype.getReader = getReader;
    }
    for (const step of steps) assert.deepEqual(step.ends, [['end']]);
    assert.deepEqual(
      steps.flatMap(({ failures }) => failures),
      ['follow'],
    );
  });
});

describe('a stream that is passed through', () => {
  const METHODS = ['onPull', 'onChunk', 'onEnd', 'onError', 'onCancel'] as const;
  const observerThat = (fails: readonly string[], noted: string[]) => {
    const note = (what: string) => {
      noted.push(what);
      if (fails.includes(what)) throw new Error(what);
    };
    return {
      onPull: <R>(read: () => R) => {
        note('onPull');
        return read();
      },
      onChunk: () => note('onChunk'),
      onEnd: () => note('onEnd'),
      onError: () => note('onError'),
      onCancel: () => note('onCancel'),
      onFailure: (what: string) => noted.push(`failed ${what}`),
    };
  };
  const sourceOf = (...chunks: readonly string[]) => {
    let next = 0;
    return new ReadableStream<string>(
      {
        pull(controller) {
          const chunk = chunks[next++];
          if (chunk === '!') controller.error(new Error('broken'));
          else if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
  };

  it('goes on where its observer throws', async () => {
    const noted: string[] = [];
    const stream = passThrough(sourceOf('a', 'b'), observerThat(METHODS, noted));
    const read: string[] = [];
    for await (const chunk of stream) read.push(chunk);
    assert.deepEqual(read, ['a', 'b']);
    const pull = ['onPull', 'failed pull'];
    const chunk = [...pull, 'onChunk', 'failed chunk'];
    assert.deepEqual(noted, [...chunk, ...chunk, ...pull, 'onEnd', 'failed end']);
  });

  it('fails with its own error where its observer throws', async () => {
    const noted: string[] = [];
    const stream = passThrough(sourceOf('!'), observerThat(['onError'], noted));
    await assert.rejects(stream.getReader().read(), /broken/);
    assert.deepEqual(noted, ['onPull', 'onError', 'failed error']);
  });

  it('is cancelled where its observer throws', async () => {
    const noted: string[] = [];
    const stream = passThrough(sourceOf('a'), observerThat(['onCancel'], noted));
    await stream.cancel();
    assert.deepEqual(noted, ['onCancel', 'failed cancel']);
  });

  for (const last of ['a', undefined, '!'] as const) {
    it(`reports nothing after it was cancelled, with a read under way: ${last}`, async () => {
      const noted: string[] = [];
      let go = () => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const source = new ReadableStream<string>(
        {
          async pull(controller) {
            await gate;
            if (last === '!') throw new Error('late');
            if (last !== undefined) controller.enqueue(last);
          },
        },
        { highWaterMark: 0 },
      );
      const reader = passThrough(source, observerThat([], noted)).getReader();
      const reading = reader.read();
      await new Promise((resolve) => setImmediate(resolve));
      await reader.cancel();
      go();
      assert.equal((await reading).done, true);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(noted, ['onPull', 'onCancel']);
    });
  }
});
