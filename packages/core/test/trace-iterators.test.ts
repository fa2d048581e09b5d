import assert from 'node:assert/strict';
import { currentStep, getTracer, step, trace } from '@openlayer-tracing/core';
import { record, rootOf, sleep } from './support.ts';

describe('trace(fn) of a generator function', () => {
  it('is a generator still, which ends the step when it is drained', async () => {
    using traces = record();
    const count = trace(function* count(to: number) {
      for (let n = 1; n <= to; n++) yield n;
      return 'done';
    });
    const generator = count(3);
    assert.equal(Object.prototype.toString.call(generator), '[object Generator]');
    assert.equal(generator[Symbol.iterator](), generator);
    assert.deepEqual(await traces.rows(), []);
    assert.deepEqual([...generator], [1, 2, 3]);
    assert.deepEqual(rootOf(await traces.row()).output, [1, 2, 3]);
  });

  it('hands on the return value and what next is given', () => {
    using _traces = record();
    const talk = trace(function* (): Generator<string, string, string> {
      const name = yield 'name?';
      const age = yield `age of ${name}?`;
      return `${name}, ${age}`;
    })();
    assert.deepEqual(talk.next('ignored'), { done: false, value: 'name?' });
    assert.deepEqual(talk.next('Ada'), { done: false, value: 'age of Ada?' });
    assert.deepEqual(talk.next('36'), { done: true, value: 'Ada, 36' });
    assert.deepEqual(talk.next('more'), { done: true, value: undefined });
  });

  it('records what it yielded until the consumer left', async () => {
    using traces = record();
    let cleaned = false;
    const endless = trace(function* endless() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        cleaned = true;
      }
    });
    for (const n of endless()) if (n === 2) break;
    assert.equal(cleaned, true);
    assert.deepEqual(rootOf(await traces.row()).output, [0, 1, 2]);
  });

  it('hands on return() and throw()', async () => {
    using traces = record();
    const letters = trace(
      function* () {
        try {
          yield 'a';
          yield 'b';
        } catch (error) {
          yield `caught ${error}`;
        }
      },
      { name: 'letters' },
    );
    const returned = letters();
    returned.next();
    assert.deepEqual(returned.return('early' as never), { done: true, value: 'early' });
    const thrown = letters();
    thrown.next();
    assert.deepEqual(thrown.throw('it'), { done: false, value: 'caught it' });
    assert.deepEqual(thrown.next(), { done: true, value: undefined });
    assert.deepEqual(
      (await traces.rows()).map((row) => row.output),
      ['a', 'acaught it'],
    );
  });

  it('records its failure after what came before', async () => {
    using traces = record();
    const error = Object.freeze(new Error('broken'));
    const fails = trace(
      function* () {
        yield { n: 1 };
        throw error;
      },
      { name: 'fails' },
    );
    assert.throws(
      () => [...fails()],
      (reason) => reason === error,
    );
    const root = rootOf(await traces.row());
    assert.deepEqual(root.output, [{ n: 1 }]);
    assert.equal(root.metadata.error, 'broken');
  });

  it('can be delegated to', async () => {
    using traces = record();
    const inner = trace(
      function* () {
        const got: string = yield 'in';
        return `inner got ${got}`;
      },
      { name: 'inner', type: 'tool' },
    );
    const outer = trace(
      function* (): Generator<string, void, string> {
        yield yield* inner();
      },
      { name: 'outer' },
    )();
    assert.equal(outer.next('').value, 'in');
    assert.equal(outer.next('it').value, 'inner got it');
    assert.equal(outer.next('').done, true);
    assert.equal(
      await traces.tree(),
      `
└─ outer [user_call]  → "ininner got it"
   └─ inner [tool]  → "in"
`,
    );
  });

  it('runs its body in the scope of its step, and leaves the consumer in its own', async () => {
    using traces = record();
    const numbers = trace(
      function* () {
        yield currentStep()?.name;
        yield step('inner', () => currentStep()?.name);
      },
      { name: 'numbers', type: 'chain' },
    );
    trace(
      () => {
        for (const name of numbers()) {
          assert.ok(name === 'numbers' || name === 'inner');
          assert.equal(currentStep()?.name, 'consumer');
        }
      },
      { name: 'consumer' },
    )();
    assert.equal(
      await traces.tree(),
      `
└─ consumer [user_call]
   └─ numbers [chain]  → "numbersinner"
      └─ inner [user_call]  → "inner"
`,
    );
  });

  it('records yielded values as they were', async () => {
    using traces = record();
    const shared = { n: 0 };
    const reuse = trace(function* () {
      for (shared.n = 1; shared.n <= 3; shared.n++) yield shared;
    });
    for (const _ of reuse());
    assert.deepEqual(rootOf(await traces.row()).output, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('shows how many items it did not keep', async () => {
    using traces = record();
    const many = trace(function* () {
      for (let n = 0; n < 1500; n++) yield { n };
    });
    assert.equal([...many()].length, 1500);
    const { output } = rootOf(await traces.row());
    assert.ok(Array.isArray(output));
    assert.equal(output.length, 1001);
    assert.equal(output.at(-1), '[cut: 500 more items]');
  });

  it('does not count tokens: a text of thousands of parts is kept whole', async () => {
    using traces = record();
    const tokens = trace(function* () {
      for (let n = 0; n < 5000; n++) yield ' token';
    });
    const text = [...tokens()].join('');
    assert.equal(rootOf(await traces.row()).output, text);
  });

  it('marks where a text was cut', async () => {
    using traces = record();
    const endless = trace(function* () {
      for (let n = 0; n < 200; n++) yield 'x'.repeat(1000);
    });
    for (const _ of endless());
    const output = String(rootOf(await traces.row()).output);
    assert.ok(output.length < 70_000);
    assert.match(output, /x… \[cut: /);
  });
});

describe('trace(fn) of a function that returns an iterator', () => {
  it('returns the same iterator and follows it', async () => {
    using traces = record();
    const values = new Map([['a', 1]]).values();
    const each = trace(() => values, { name: 'each' });
    const returned = each();
    assert.equal(returned, values);
    assert.deepEqual([...returned], [1]);
    assert.deepEqual(rootOf(await traces.row()).output, [1]);
  });

  it('ends the step when the consumer leaves, whatever return answers', async () => {
    using traces = record();
    const iterator = {
      next: () => ({ done: false, value: 'x' }),
      return: () => ({}) as IteratorResult<string>,
      [Symbol.iterator]() {
        return this;
      },
    };
    for (const _ of trace(() => iterator, { name: 'each' })()) break;
    assert.equal(rootOf(await traces.row()).output, 'x');
  });

  it('leaves lists, sets and maps alone: they are values', async () => {
    using traces = record();
    const list = [1, 2];
    const set = new Set(['a']);
    assert.equal(trace(() => list)(), list);
    assert.equal(trace(() => set)(), set);
    const text = trace(() => 'text')();
    assert.equal(text, 'text');
    const rows = await traces.rows();
    assert.deepEqual(
      rows.map((row) => row.output),
      [[1, 2], { $set: ['a'] }, 'text'],
    );
    assert.deepEqual(Object.getOwnPropertyNames(set), []);
  });
});

describe('trace(fn) of an async generator function', () => {
  const words = ['Why', ' ', 'not', '?'];
  async function* speak(given: readonly string[]) {
    for (const word of given) {
      await sleep(0);
      yield word;
    }
    return given.length;
  }

  it('is an async generator still, followed to its end', async () => {
    using traces = record();
    const traced = trace(speak);
    const generator = traced(words);
    assert.equal(Object.prototype.toString.call(generator), '[object AsyncGenerator]');
    const got: string[] = [];
    for await (const word of generator) got.push(word);
    assert.deepEqual(got, words);
    assert.equal(rootOf(await traces.row()).output, 'Why not?');
  });

  it('hands on its return value, and calls that overlap', async () => {
    using traces = record();
    const generator = trace(speak)(['a', 'b']);
    const results = await Promise.all([1, 2, 3, 4].map(() => generator.next()));
    assert.deepEqual(results, [
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: 2 },
      { done: true, value: undefined },
    ]);
    assert.equal(rootOf(await traces.row()).output, 'ab');
  });

  it('ends the step when the consumer breaks', async () => {
    using traces = record();
    for await (const word of trace(speak)(words)) if (word === 'not') break;
    assert.equal(rootOf(await traces.row()).output, 'Why not');
  });

  it('ends the step with return() before the first item', async () => {
    using traces = record();
    const generator = trace(speak)(words);
    assert.deepEqual(await generator.return(7), { done: true, value: 7 });
    assert.equal(rootOf(await traces.row()).output, null);
  });

  it('hands on throw(), caught or not', async () => {
    using traces = record();
    const patient = trace(
      async function* () {
        for (;;) {
          try {
            yield 'ready';
          } catch {
            yield 'again';
            return;
          }
        }
      },
      { name: 'patient' },
    )();
    await patient.next();
    assert.deepEqual(await patient.throw(new Error('x')), { done: false, value: 'again' });
    assert.deepEqual(await patient.next(), { done: true, value: undefined });
    const error = new Error('unwanted');
    const strict = trace(speak, { name: 'strict' })(words);
    await strict.next();
    await assert.rejects(strict.throw(error), (reason) => reason === error);
    const [first, second] = await traces.rows();
    assert.equal(first?.output, 'readyagain');
    assert.equal(second?.output, 'Why');
    assert.equal(second?.metadata?.error, 'unwanted');
  });

  it('can be delegated to, with errors that pass through', async () => {
    using traces = record();
    const error = new Error('model overloaded');
    const model = trace(
      async function* () {
        yield 'Hel';
        throw error;
      },
      { name: 'model', type: 'chat_completion' },
    );
    const answer = trace(
      async function* () {
        yield '> ';
        yield* model();
      },
      { name: 'answer' },
    );
    const got: string[] = [];
    await assert.rejects(
      async () => {
        for await (const part of answer()) got.push(part);
      },
      (reason) => reason === error,
    );
    assert.deepEqual(got, ['> ', 'Hel']);
    assert.equal(
      await traces.tree(),
      `
└─ answer [user_call]  ✗ model overloaded  → "> Hel"
   └─ model [chat_completion]  ✗ model overloaded  → "Hel"
`,
    );
  });

  it('is marked as unfinished where nobody drains it before the trace ends', async () => {
    using traces = record();
    const traced = trace(speak, { name: 'speak' });
    await trace(() => void traced(words), { name: 'outer' })();
    assert.equal(
      await traces.tree({ metadata: true }),
      `
└─ outer [user_call]
   └─ speak [user_call]
         {"unfinished":true}
`,
    );
  });

  it('does not keep a trace of its own open for good where nobody drains it', async () => {
    using traces = record();
    using _clock = fastForward(11 * 60_000);
    trace(speak, { name: 'abandoned' })(words);
    assert.equal(getTracer().stats().open, 1);
    for (let waited = 0; waited < 60_000 && getTracer().stats().open > 0; waited += 50) {
      await sleep(50);
    }
    assert.equal(getTracer().stats().open, 0);
    assert.equal(rootOf(await traces.row()).name, 'abandoned');
  });

  it('decodes bytes as text', async () => {
    using traces = record();
    const bytes = new TextEncoder().encode('naïve €');
    const chunks = trace(async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    });
    let count = 0;
    for await (const chunk of chunks()) count += chunk.byteLength;
    assert.equal(count, bytes.byteLength);
    assert.equal(rootOf(await traces.row()).output, 'naïve €');
  });
});

describe('the items of a generator', () => {
  it('count once for limits.maxTraceChars', async () => {
    using traces = record({ limits: { maxTraceChars: 20_000 } });
    const items = Array.from({ length: 10 }, (_, n) => ({ n, text: 'x'.repeat(1000) }));
    const note = 'y'.repeat(5000);
    await trace(
      async () => {
        const yielded = trace(async function* yielded() {
          yield* items;
        });
        for await (const _ of yielded());
        await step('later', async () => note);
      },
      { name: 'request' },
    )();
    assert.deepEqual((await traces.step('yielded')).output, items);
    assert.equal((await traces.step('later')).output, note);
  });
});

describe('trace(fn) of a function that returns an async iterable', () => {
  /** As LLM clients make them: a class with an iterator and helpers. */
  class ClientStream {
    readonly controller = new AbortController();
    iterated = 0;
    readonly #parts: readonly unknown[];
    constructor(parts: readonly unknown[]) {
      this.#parts = parts;
    }
    async *[Symbol.asyncIterator]() {
      this.iterated++;
      for (const part of this.#parts) yield part;
    }
    parts() {
      return this.#parts.length;
    }
  }

  it('returns the same stream, follows its iteration, and does not start it', async () => {
    using traces = record();
    const stream = new ClientStream(['a', 'b']);
    const chat = trace(() => stream, { name: 'chat' });
    const returned = chat();
    assert.equal(returned, stream);
    assert.ok(returned instanceof ClientStream);
    assert.equal(returned.parts(), 2);
    assert.equal(returned.controller.signal.aborted, false);
    await sleep(1);
    assert.equal(stream.iterated, 0);
    const got = [];
    for await (const part of returned) got.push(part);
    assert.deepEqual(got, ['a', 'b']);
    assert.equal(stream.iterated, 1);
    assert.equal(rootOf(await traces.row()).output, 'ab');
    assert.deepEqual(Object.keys(stream), ['controller', 'iterated']);
  });

  it('follows it where an async function returns it', async () => {
    using traces = record();
    const chunk = { choices: [{ delta: { content: 'Hi' } }] };
    const chat = trace(
      async () => {
        await sleep(1);
        return new ClientStream([chunk]);
      },
      {
        name: 'chat',
        output: (chunks) => JSON.stringify(chunks),
      },
    );
    for await (const part of await chat()) assert.equal(part, chunk);
    assert.equal(rootOf(await traces.row()).output, JSON.stringify([chunk]));
  });

  it('can be iterated again', async () => {
    using traces = record();
    const stream = trace(() => new ClientStream([1, 2]), { name: 'chat' })();
    for (let round = 0; round < 2; round++) {
      const got = [];
      for await (const part of stream) got.push(part);
      assert.deepEqual(got, [1, 2]);
    }
    assert.deepEqual(rootOf(await traces.row()).output, [1, 2]);
  });

  it('takes iterators that answer without a promise, as `for await` does', async () => {
    using traces = record();
    let n = 0;
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => (n < 2 ? { done: false, value: n++ } : { done: true, value: undefined }),
      }),
    } as unknown as AsyncIterable<number>;
    const got = [];
    for await (const value of trace(() => iterable, { name: 'each' })()) got.push(value);
    assert.deepEqual(got, [0, 1]);
    assert.deepEqual(rootOf(await traces.row()).output, [0, 1]);
  });

  it('records a next() that throws at once', async () => {
    using traces = record();
    const error = new Error('torn');
    const iterable: AsyncIterable<never> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw error;
        },
      }),
    };
    await assert.rejects(
      async () => {
        for await (const _ of trace(() => iterable, { name: 'each' })());
      },
      (reason) => reason === error,
    );
    assert.equal(rootOf(await traces.row()).metadata.error, 'torn');
  });

  it('leaves a frozen one alone', async () => {
    using traces = record();
    const frozen = Object.freeze(new ClientStream(['a']));
    assert.equal(trace(() => frozen, { name: 'chat' })(), frozen);
    assert.equal(rootOf(await traces.row()).name, 'chat');
  });

  it('keeps the output function from seeing anything but the whole', async () => {
    using traces = record();
    const seen: unknown[] = [];
    const numbers = trace(
      async function* () {
        yield 1;
        yield 2;
      },
      {
        output: (items) => {
          seen.push(items);
          return 'sum';
        },
      },
    );
    for await (const _ of numbers());
    assert.deepEqual(seen, [[1, 2]]);
    assert.equal(rootOf(await traces.row()).output, 'sum');
  });
});

/** Lets so many milliseconds pass at once, in the middle of the second that follows. */
function fastForward(ms: number): Disposable {
  const { now } = performance;
  const start = now.call(performance);
  performance.now = () => {
    const passed = now.call(performance) - start;
    return start + passed + (passed > 500 ? ms : 0);
  };
  return {
    [Symbol.dispose]() {
      performance.now = now;
    },
  };
}
