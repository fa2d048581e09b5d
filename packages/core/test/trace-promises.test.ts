import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { currentStep, step, trace } from '@openlayer-tracing/core';
import { record, rootOf, sleep } from './support.ts';

describe('trace(fn) of a function that returns a promise', () => {
  it('ends the step when the promise settles', async () => {
    using traces = record();
    let finish: (answer: string) => void = () => {};
    const answer = trace(() => new Promise<string>((resolve) => (finish = resolve)), {
      name: 'answer',
    })();
    assert.deepEqual(await traces.rows(), []);
    finish('yes');
    assert.equal(await answer, 'yes');
    assert.equal(
      await traces.tree(),
      `
└─ answer [user_call]  → "yes"
`,
    );
  });

  it('keeps what a client hangs on its promises', async () => {
    using _traces = record();
    const symbol = Symbol('own');
    const call = trace(() => {
      const promise = Promise.resolve('answer');
      Object.assign(promise, { withResponse: () => 'the response' });
      Object.defineProperty(promise, 'requestId', { value: 'req-1', enumerable: false });
      Object.defineProperty(promise, 'lazy', { get: () => 'computed' });
      return promise as typeof promise & {
        withResponse(): string;
        readonly requestId: string;
        readonly lazy: string;
        readonly [symbol]: number;
      };
    });
    const promise = call();
    assert.ok(promise instanceof Promise);
    assert.equal(promise.withResponse(), 'the response');
    assert.equal(promise.requestId, 'req-1');
    assert.equal(promise.lazy, 'computed');
    assert.equal(await promise, 'answer');
  });

  it('keeps the class of a promise and its helpers', async () => {
    using traces = record();
    class ApiPromise<T> extends Promise<T> {
      #response = 'the raw response';
      asResponse() {
        return this.#response;
      }
    }
    const call = trace(
      () => new ApiPromise<string>((resolve) => setTimeout(resolve, 1, 'answer')),
      { name: 'call' },
    );
    const promise = call();
    assert.ok(promise instanceof ApiPromise);
    assert.equal(promise.constructor, ApiPromise);
    assert.equal(promise.asResponse(), 'the raw response');
    assert.equal(await promise, 'answer');
    assert.ok(promise.finally(() => {}) instanceof ApiPromise);
    assert.equal(rootOf(await traces.row()).output, 'answer');
  });

  it('records the failure of a promise of a class of its own', async () => {
    using traces = record();
    class ApiPromise<T> extends Promise<T> {}
    const error = new Error('no connection');
    const promise = trace(() => ApiPromise.reject(error), { name: 'call' })();
    await assert.rejects(promise, (reason) => reason === error);
    assert.equal(rootOf(await traces.row()).metadata.error, 'no connection');
  });

  it('does not start a lazy promise, whose own `then` does the work', async () => {
    using _traces = record();
    let starts = 0;
    const lazy = Promise.resolve('never seen');
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    lazy.then = ((onValue: (value: string) => unknown) => {
      starts++;
      return Promise.resolve('the work').then(onValue);
    }) as never;
    const returned = trace(() => lazy)();
    assert.equal(returned, lazy);
    assert.equal(starts, 0);
    assert.equal(await returned.then((value) => value), 'the work');
    assert.equal(starts, 1);
  });

  it('settles the promise with the very value', async () => {
    using _traces = record();
    const value = Object.freeze({ deep: Object.freeze({ n: 1 }) });
    assert.equal(await trace(async () => value)(), value);
  });

  it('keeps the scope of what is awaited in it, and of what comes after it', async () => {
    using traces = record();
    const inner = trace(
      async () => {
        await sleep(1);
        return currentStep()?.name;
      },
      { name: 'inner' },
    );
    await trace(
      async () => {
        assert.equal(await inner(), 'inner');
        assert.equal(currentStep()?.name, 'outer');
        await inner().then(() => assert.equal(currentStep()?.name, 'outer'));
      },
      { name: 'outer' },
    )();
    assert.equal(
      await traces.tree(),
      `
└─ outer [user_call]
   ├─ inner [user_call]  → "inner"
   └─ inner [user_call]  → "inner"
`,
    );
  });

  it('follows a stream that the promise resolves to', async () => {
    using traces = record();
    const chat = trace(
      async () =>
        (async function* () {
          yield 'Hello';
          await step('between', () => sleep(1));
          yield ' world';
        })(),
      { name: 'chat', type: 'chat_completion' },
    );
    let text = '';
    await trace(
      async () => {
        for await (const part of await chat()) text += part;
      },
      { name: 'handler' },
    )();
    assert.equal(text, 'Hello world');
    assert.equal(
      await traces.tree(),
      `
└─ handler [user_call]
   └─ chat [chat_completion]  → "Hello world"
      └─ between [user_call]
`,
    );
  });
});

describe('trace(fn) of a function that returns a custom thenable', () => {
  /** A query as builders make them: each `then` runs it. */
  class Query {
    runs = 0;
    readonly sql: string[] = [];
    where(condition: string) {
      this.sql.push(condition);
      return this;
    }
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    then<A, B>(
      onValue?: ((rows: string[]) => A) | null,
      onError?: ((error: unknown) => B) | null,
    ): Promise<A | B> {
      this.runs++;
      return sleep(1)
        .then(() => this.sql)
        .then(onValue, onError);
    }
  }

  it('returns the same object and does not run it', async () => {
    using traces = record();
    const query = new Query();
    const find = trace(() => query, { name: 'find', type: 'tool' });
    assert.equal(find(), query);
    await sleep(5);
    assert.equal(query.runs, 0);
    assert.deepEqual(await traces.rows(), []);
  });

  it('runs it once when it is awaited, and records its result', async () => {
    using traces = record();
    const query = new Query();
    const find = trace(() => query, { name: 'find' });
    const rows = await find().where('a = 1').where('b = 2');
    assert.deepEqual(rows, ['a = 1', 'b = 2']);
    assert.equal(query.runs, 1);
    assert.deepEqual(rootOf(await traces.row()).output, ['a = 1', 'b = 2']);
  });

  /** As the promises of OpenAI's and Anthropic's clients: each of its methods asks what it holds, and none another. */
  class ClientPromise extends Promise<string> {
    // No promise is to be made of its class.
    static override get [Symbol.species]() {
      return Promise;
    }
    readonly #held: Promise<string>;
    constructor(held: Promise<string>) {
      super((resolve) => resolve(''));
      this.#held = held;
    }
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    override then<A, B>(
      onValue?: ((value: string) => A | PromiseLike<A>) | null,
      onError?: ((error: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      return this.#held.then(onValue, onError);
    }
    override catch<B>(onError?: ((error: unknown) => B | PromiseLike<B>) | null) {
      return this.#held.catch(onError);
    }
    override finally(onSettled?: (() => void) | null) {
      return this.#held.finally(onSettled);
    }
  }

  const WAYS: Readonly<Record<string, (promise: Promise<string>) => Promise<unknown>>> = {
    await: async (promise) => await promise,
    'then with both': (promise) => promise.then(String, String),
    catch: (promise) => promise.catch(String),
    finally: (promise) => promise.finally(() => {}).catch(String),
    'catch, then finally': (promise) => promise.catch(String).finally(() => {}),
  };
  for (const [way, wait] of Object.entries(WAYS)) {
    it(`records what came of it by ${way}, and changes nothing`, async () => {
      for (const failure of [undefined, new Error('away')]) {
        const made = () =>
          new ClientPromise(failure ? Promise.reject(failure) : Promise.resolve('found'));
        const bare = await wait(made()).catch(String);
        using traces = record();
        const ask = trace(made, { name: 'ask' });
        assert.deepEqual(await wait(ask()).catch(String), bare);
        const { output, metadata } = rootOf(await traces.row());
        assert.equal(output, failure ? null : 'found');
        assert.equal(metadata.error, failure?.message);
      }
    });
  }

  it('runs it once where an async function returns it', async () => {
    using traces = record();
    const query = new Query();
    await trace(async () => query, { name: 'find' })();
    assert.equal(query.runs, 1);
    assert.deepEqual(rootOf(await traces.row()).output, []);
  });

  it('runs it once where two annotated functions pass it on', async () => {
    using traces = record();
    const query = new Query();
    const inner = trace(() => query, { name: 'inner', type: 'tool' });
    const outer = trace(() => inner(), { name: 'outer' });
    assert.equal(outer(), query);
    assert.deepEqual(await query, []);
    assert.equal(query.runs, 1);
    assert.equal(
      await traces.tree(),
      `
└─ outer [user_call]  → []
   └─ inner [tool]  → []
`,
    );
  });

  it('hands on its failure unchanged', async () => {
    using traces = record();
    const error = Object.freeze(new Error('syntax error'));
    const failing = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      then: (_: unknown, onError?: (error: unknown) => unknown) => onError?.(error),
    };
    const find = trace(() => failing, { name: 'find' });
    await assert.rejects(
      Promise.resolve(find() as PromiseLike<unknown>),
      (reason) => reason === error,
    );
    assert.equal(rootOf(await traces.row()).metadata.error, 'syntax error');
  });

  it('leaves a frozen one alone', async () => {
    using traces = record();
    const frozen = Object.freeze(new Query());
    const find = trace(() => frozen as Pick<Query, 'sql'>, { name: 'find' });
    assert.equal(find(), frozen);
    assert.equal(rootOf(await traces.row()).name, 'find');
  });

  it('calls no getter to find out', async () => {
    using traces = record();
    let calls = 0;
    class Lazy {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      get then() {
        calls++;
        return undefined;
      }
      get next() {
        calls++;
        return undefined;
      }
      get [Symbol.asyncIterator]() {
        calls++;
        return undefined;
      }
      get emit() {
        calls++;
        return undefined;
      }
      get _readableState() {
        calls++;
        return undefined;
      }
    }
    const lazy = new Lazy();
    assert.equal(trace(() => lazy)(), lazy);
    assert.equal(calls, 0);
    assert.equal((await traces.rows()).length, 1);
  });

  it('touches no proxy, nor one that an object inherits from', async () => {
    using traces = record();
    let traps = 0;
    const handler = new Proxy(
      {},
      {
        get: () => () => {
          traps++;
          throw new Error('trapped');
        },
      },
    );
    const proxy = new Proxy({}, handler);
    const heir = Object.create(proxy) as object;
    assert.equal(trace(() => proxy)(), proxy);
    assert.equal(trace(() => heir)(), heir);
    assert.equal(traps, 0);
    assert.equal((await traces.rows()).length, 2);
  });
});

describe('a rejection that nobody handles', () => {
  const run = async (body: string): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', PRELUDE + body],
      { cwd: fileURLToPath(new URL('.', import.meta.url)) },
    );
    return stdout.split('\n').filter(Boolean);
  };

  const PRELUDE = `
    import { configure, trace, step, startStep } from '@openlayer-tracing/core';
    import { memoryTransport } from '@openlayer-tracing/core/testing';
    const tracer = configure({ transport: memoryTransport() });
    const error = new Error('nobody hears');
    process.on('unhandledRejection', (reason) => console.log('unhandled', reason === error));
    process.on('rejectionHandled', () => console.log('handled late'));
    process.on('uncaughtException', () => console.log('uncaught'));
    const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
  `;

  const UNHANDLED: readonly (readonly [string, string])[] = [
    ['of an async function', 'trace(async () => { throw error; })();'],
    ['of a promise', 'trace(() => Promise.reject(error))();'],
    [
      'of a promise of another class',
      'class P extends Promise {}; trace(() => P.reject(error))();',
    ],
    ['of an async step', 'trace(async () => { step("s", async () => { throw error; }); })();'],
    ['of an async generator', 'trace(async function* () { throw error; })().next();'],
    [
      'of a promise in inputs, output and metadata',
      'trace((p) => p, { inputs: (p) => ({ p }), metadata: {} })(Promise.reject(error));',
    ],
  ];
  for (const [what, body] of UNHANDLED) {
    it(`stays one, once: ${what}`, async () => {
      assert.deepEqual(await run(`${body}; await settled();`), ['unhandled true']);
    });
  }

  const HANDLED: readonly (readonly [string, string])[] = [
    ['of an async function', 'trace(async () => { throw error; })().catch(() => {});'],
    [
      'of a promise of another class',
      'class P extends Promise {}; trace(() => P.reject(error))().catch(() => {});',
    ],
    [
      'of nested functions',
      'const a = trace(async () => { throw error; }); trace(async () => await a())().catch(() => {});',
    ],
    [
      'of an async generator',
      'const g = trace(async function* () { throw error; })(); g.next().catch(() => {});',
    ],
    [
      'of a stream',
      'const s = trace(() => new ReadableStream({ pull() { throw error; } }))(); s.getReader().read().catch(() => {});',
    ],
    ['of an async output function', 'trace(() => 1, { output: async () => 2 })();'],
  ];
  for (const [what, body] of HANDLED) {
    it(`is none where the caller handles it: ${what}`, async () => {
      assert.deepEqual(await run(`${body}; await settled();`), []);
    });
  }

  it('is left to the app where a logged value is a rejected promise', async () => {
    const body = 'const p = Promise.reject(error); trace(() => 1, { metadata: { p } })();';
    assert.deepEqual(await run(`${body}; await settled();`), ['unhandled true']);
  });
});
