import assert from 'node:assert/strict';
import {
  addStep,
  currentStep,
  currentTrace,
  step,
  type TraceOptions,
  trace,
  traced,
} from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { record, rootOf, sleep } from './support.ts';

describe('trace(fn)', () => {
  describe('returns a function that behaves as the original', () => {
    it('keeps sync functions sync', async () => {
      using traces = record();
      const add = trace(function add(a: number, b: number) {
        return a + b;
      });
      assert.equal(add(1, 2), 3);
      assert.equal(
        await traces.tree(),
        `
└─ add [user_call]  → 3
`,
      );
      assert.deepEqual((await traces.row()).args, [1, 2]);
    });

    it('keeps this, name, length and own properties', () => {
      using _traces = record();
      const symbol = Symbol('own');
      function original(this: { readonly factor: number }, a: number, _b?: number) {
        return a * this.factor;
      }
      const marked = Object.assign(original, { version: 3, [symbol]: 'here' });
      Object.defineProperty(marked, 'hidden', { get: () => 'computed', configurable: true });
      const traced = trace(marked);

      assert.equal(traced.call({ factor: 4 }, 2), 8);
      assert.equal(traced.name, 'original');
      assert.equal(traced.length, 2);
      assert.equal(traced.version, 3);
      assert.equal(traced[symbol], 'here');
      assert.equal((traced as unknown as { hidden: string }).hidden, 'computed');
      assert.equal(traced.prototype, original.prototype);
      assert.equal(Object.getPrototypeOf(traced), Function.prototype);
    });

    it('keeps the kind of a function, as far as its prototype tells', () => {
      const asynchronous = trace(async () => {});
      const generator = trace(function* () {});
      assert.equal(
        Object.getPrototypeOf(asynchronous),
        Object.getPrototypeOf(async () => {}),
      );
      assert.equal(
        Object.getPrototypeOf(generator),
        Object.getPrototypeOf(function* () {}),
      );
    });

    it('keeps this of a method in a record', async () => {
      using traces = record();
      const counter = {
        count: 0,
        increment: trace(function increment(this: { count: number }) {
          this.count++;
          return this.count;
        }),
      };
      assert.equal(counter.increment(), 1);
      assert.equal(counter.count, 1);
      assert.equal(rootOf(await traces.row()).output, 1);
    });

    it('keeps classes constructible, without recording what they construct', async () => {
      using traces = record();
      class Shop {
        static branches = 2;
        readonly sku: string;
        constructor(sku: string) {
          this.sku = sku;
        }
        price() {
          return this.sku.length;
        }
      }
      const Traced = trace(Shop as unknown as (sku: string) => Shop) as unknown as typeof Shop;
      const shop = new Traced('abc');
      assert.ok(shop instanceof Shop);
      assert.ok(shop instanceof Traced);
      assert.equal(shop.price(), 3);
      assert.equal(Traced.branches, 2);
      class Sub extends Traced {
        override price() {
          return super.price() + 1;
        }
      }
      assert.equal(new Sub('abc').price(), 4);
      assert.ok(new Sub('abc') instanceof Shop);
      assert.equal(Object.getPrototypeOf(new Sub('abc')), Sub.prototype);
      assert.throws(() => (Traced as unknown as () => void)(), /cannot be invoked without 'new'/);
      assert.equal((await traces.rows()).filter((row) => row.output !== null).length, 0);
    });

    it('keeps constructor functions constructible', () => {
      using _traces = record();
      function Point(this: { x: number }, x: number) {
        this.x = x;
      }
      const Traced = trace(Point) as unknown as new (x: number) => { x: number };
      const point = new Traced(3);
      assert.equal(point.x, 3);
      assert.ok(point instanceof Point);
    });

    it('refuses what is no function, and says so', () => {
      assert.throws(() => trace(undefined as never), {
        name: 'TypeError',
        message: 'trace(fn) takes a function, but was given undefined',
      });
      assert.throws(() => trace(null as never), /was given null/);
      assert.throws(() => trace({} as never), /was given object/);
    });

    for (const [given, message] of [
      [
        'search',
        "the options of a traced function must be an object, such as { name: 'search', type: 'tool' }",
      ],
      [
        null,
        "the options of a traced function must be an object, such as { name: 'search', type: 'tool' }",
      ],
      [{ name: 5 }, 'name must be a string'],
      [{ type: 'llm' }, /^type must be one of user_call, chain, .*guardrail/],
      [{ params: 'query' }, "params must be an array of names, such as ['query']"],
      [{ params: [1] }, "params must be an array of names, such as ['query']"],
      [{ inputs: ['query'] }, 'inputs must be a function of the arguments'],
      [{ output: 'text' }, 'output must be a function of the result'],
    ] as const) {
      it(`refuses the options ${JSON.stringify(given)}, and says what they take`, () => {
        assert.throws(() => trace(() => 1, given as never), { name: 'TypeError', message });
        assert.throws(() => traced(given as never), { name: 'TypeError', message });
      });
    }

    it('names itself where an option is misspelled', () => {
      const wrong = { nmae: 'search' } as never;
      const message = 'nmae is not known; did you mean name?';
      assert.throws(() => trace(() => 1, wrong), { message: `trace: ${message}` });
      assert.throws(() => traced(wrong), { message: `@traced: ${message}` });
    });
  });

  describe('records calls', () => {
    it('as a trace each outside a request', async () => {
      using traces = record();
      const hello = trace(async (name: string) => `Hello ${name}`, { name: 'hello' });
      assert.equal(await hello('Ada'), 'Hello Ada');
      assert.equal(await hello('Bob'), 'Hello Bob');
      const rows = await traces.rows();
      assert.deepEqual(
        rows.map((row) => row.output),
        ['Hello Ada', 'Hello Bob'],
      );
      assert.equal(new Set(rows.map((row) => row.inferenceId)).size, 2);
    });

    it('as steps of the trace that they run in', async () => {
      using traces = record();
      const embed = trace(async (text: string) => [text.length], { name: 'embed', type: 'tool' });
      const search = trace(
        async (query: string) => {
          await sleep(1);
          await embed(query);
          return ['a passage'];
        },
        { name: 'search', type: 'retriever' },
      );
      const shorten = trace((text: string) => text.slice(0, 4), { name: 'shorten' });
      const answer = trace(
        async (question: string) => {
          const [first] = await search(question);
          return shorten(String(first));
        },
        { name: 'answer' },
      );
      await answer('Why?');
      assert.equal(
        await traces.tree(),
        `
└─ answer [user_call]  → "a pa"
   ├─ search [retriever]  → ["a passage"]
   │  └─ embed [tool]  → [4]
   └─ shorten [user_call]  → "a pa"
`,
      );
    });

    it('as siblings where they run side by side', async () => {
      using traces = record();
      const work = trace(
        async (ms: number) => {
          await sleep(ms);
          await step('inner', () => sleep(1));
          return ms;
        },
        { name: 'work', type: 'chain' },
      );
      await trace(() => Promise.all([work(6), work(3), work(1)]), { name: 'all' })();
      assert.equal(
        await traces.tree(),
        `
└─ all [user_call]  → [6,3,1]
   ├─ work [chain]  → 6
   │  └─ inner [user_call]
   ├─ work [chain]  → 3
   │  └─ inner [user_call]
   └─ work [chain]  → 1
      └─ inner [user_call]
`,
      );
    });

    it('under the function name, or the one that is given', async () => {
      using traces = record();
      const anonymous = (
        () => () =>
          1
      )();
      trace(function named() {})();
      trace(anonymous)();
      trace(anonymous, { name: 'given' })();
      trace(function named() {}, { name: 'x'.repeat(1_000_000) })();
      const names = (await traces.rows()).map((row) => rootOf(row).name);
      assert.deepEqual(names.slice(0, 3), ['named', 'anonymous', 'given']);
      assert.ok((names[3] as string).length <= 260, `a name of ${names[3]?.length} characters`);
    });

    it('with arguments by the names in params, a missing one as null', async () => {
      using traces = record();
      const search = trace((_query: string, _limit?: number) => 1, { params: ['query', 'limit'] });
      search('why');
      const row = await traces.row();
      assert.equal(row.query, 'why');
      assert.equal(row.limit, null);
      assert.deepEqual(rootOf(row).inputs, { query: 'why', limit: null });
    });

    it('with what inputs and output make of them, and with metadata', async () => {
      using traces = record();
      const search = trace(async (query: string, limit: number) => Array(limit).fill(query), {
        name: 'search',
        inputs: (query, limit) => ({ query: query.toUpperCase(), limit }),
        output: (found) => found.length,
        metadata: { index: 'books' },
      });
      await trace(() => search('a', 3), { name: 'outer' })();
      const recorded = await traces.step('search');
      assert.deepEqual(recorded.inputs, { query: 'A', limit: 3 });
      assert.equal(recorded.output, 3);
      assert.deepEqual(recorded.metadata, { index: 'books' });
    });

    it('with inputs as they were before the call', async () => {
      using traces = record();
      const rewrite = trace((message: { text: string }) => {
        message.text = 'changed';
        return message;
      });
      rewrite({ text: 'original' });
      const row = await traces.row();
      assert.deepEqual(row.args, [{ text: 'original' }]);
      assert.deepEqual(row.output, { text: 'changed' });
    });

    it('with undefined, null and nothing at all as null', async () => {
      using traces = record();
      trace(() => undefined)();
      trace(() => null)();
      await trace(async () => {})();
      assert.deepEqual(
        (await traces.rows()).map((row) => row.output),
        [null, null, null],
      );
    });

    it('and gives them their own step as the current one', async () => {
      using traces = record();
      const seen: unknown[] = [];
      trace(
        () => {
          seen.push(currentTrace()?.root.name, currentStep()?.name);
          trace(() => seen.push(currentTrace()?.root.name, currentStep()?.name), {
            name: 'inner',
          })();
          seen.push(currentStep()?.name);
        },
        { name: 'outer' },
      )();
      assert.deepEqual(seen, ['outer', 'outer', 'outer', 'inner', 'outer']);
      assert.equal(currentTrace(), undefined);
      assert.equal((await traces.rows()).length, 1);
    });
  });

  describe('harms nothing', () => {
    it('where inputs throws: the call is recorded without them', async () => {
      using traces = record();
      const fn = trace((n: number) => n + 1, {
        name: 'fn',
        inputs: () => {
          throw new Error('inputs failed');
        },
      });
      assert.equal(fn(1), 2);
      assert.equal(trace(() => fn(2), { name: 'outer' })(), 3);
      assert.deepEqual(
        (await traces.rows()).map((row) => row.output),
        [2, 3],
      );
      const [alone, nested] = await traces.rows();
      assert.equal(rootOf(alone as never).name, 'fn');
      assert.equal(rootOf(nested as never).steps[0]?.name, 'fn');
      assert.equal(traces.diagnostics[0]?.level, 'error');
      assert.deepEqual([...new Set(traces.reasons)], ['option_inputs_failed']);
      assert.match(String(traces.diagnostics[0]?.error), /inputs failed/);
    });

    it('where output throws: the call is recorded without it', async () => {
      using traces = record();
      const options: TraceOptions<[], number> = {
        name: 'fn',
        output: () => {
          throw new Error('output failed');
        },
      };
      assert.equal(trace(() => 1, options)(), 1);
      assert.equal(await trace(async () => 1, options as TraceOptions<[], Promise<number>>)(), 1);
      assert.deepEqual(
        (await traces.rows()).map((row) => [rootOf(row).name, row.output]),
        [
          ['fn', null],
          ['fn', null],
        ],
      );
      assert.deepEqual([...new Set(traces.reasons)], ['option_output_failed']);
      assert.match(String(traces.diagnostics[0]?.error), /output failed/);
    });

    it('where the process-wide tracer does not publish', () => {
      using traces = record({ publish: false });
      const seen: unknown[] = [];
      const fn = trace((n: number) => {
        seen.push(currentTrace());
        return n;
      });
      assert.equal(fn(5), 5);
      assert.deepEqual(seen, [undefined]);
      assert.deepEqual(traces.reasons, []);
    });

    it('where a limit of steps is reached: they run, and are counted', async () => {
      using traces = record({ limits: { maxSteps: 3 } });
      const work = trace((n: number) => n * 2, { name: 'work' });
      const sum = trace(() => [1, 2, 3, 4, 5].map((n) => work(n)), { name: 'sum' })();
      assert.deepEqual(sum, [2, 4, 6, 8, 10]);
      assert.equal(
        await traces.tree({ metadata: true }),
        `
   {"unrecordedSteps":2}
└─ sum [user_call]  → [2,4,6,8,10]
   │  {"unrecordedSteps":2}
   ├─ work [user_call]  → 2
   ├─ work [user_call]  → 4
   └─ work [user_call]  → 6
`,
      );
    });

    it('where a recursion goes deeper than the limit', async () => {
      using traces = record({ limits: { maxDepth: 3 } });
      const down: (n: number) => number = trace(
        (n: number): number => (n === 0 ? 0 : 1 + down(n - 1)),
        {
          name: 'down',
        },
      );
      assert.equal(down(10), 10);
      assert.equal(
        await traces.tree({ metadata: true }),
        `
   {"unrecordedSteps":7}
└─ down [user_call]  → 10
   │  {"unrecordedSteps":7}
   └─ down [user_call]  → 9
      └─ down [user_call]  → 8
         └─ down [user_call]  → 7
`,
      );
    });

    it('where a recursion overflows the stack: the same error comes out', async () => {
      using traces = record();
      const endless: () => number = trace(() => 1 + endless(), { name: 'endless' });
      assert.throws(endless, RangeError);
      const row = await traces.row();
      assert.equal(rootOf(row).metadata.errorType, 'RangeError');
    });

    it('where 1,000 steps nest: 64 levels are kept and the others counted', async () => {
      using traces = record();
      const down = (n: number): number => (n === 0 ? 0 : 1 + step('level', () => down(n - 1)));
      assert.equal(trace(() => down(1_000), { name: 'root' })(), 1_000);
      let depth = 0;
      for (let at = rootOf(await traces.row()).steps[0]; at; at = at.steps[0]) depth++;
      assert.equal(depth, 64);
      assert.equal(rootOf(await traces.row()).metadata.unrecordedSteps, 936);
    });
  });

  describe('records errors and throws them on unchanged', () => {
    const thrown: readonly (readonly [string, unknown, string])[] = [
      ['an error', new RangeError('out of range'), 'RangeError: out of range'],
      ['a frozen error', Object.freeze(new Error('frozen')), 'Error: frozen'],
      ['a text', 'a plain text', 'string: a plain text'],
      ['undefined', undefined, 'undefined: undefined'],
      ['null', null, 'object: null'],
      ['a number', 42, 'number: 42'],
      ['a symbol', Symbol('bad'), 'symbol: Symbol(bad)'],
      ['a bigint', 7n, 'bigint: 7n'],
      ['a plain object', { message: 'said so', code: 5 }, 'Error: said so'],
      ['a DOMException', new DOMException('stopped', 'AbortError'), 'AbortError: stopped'],
    ];
    for (const [what, error, expected] of thrown) {
      it(`thrown: ${what}`, async () => {
        using traces = record();
        const before = Object.getOwnPropertyNames(error ?? {});
        const sync = trace(
          () => {
            throw error;
          },
          { name: 'fails' },
        );
        const asynchronous = trace(
          async () => {
            await sleep(1);
            throw error;
          },
          { name: 'fails' },
        );
        assert.equal(caught(sync), error);
        assert.equal(await rejection(asynchronous()), error);
        for (const row of await traces.rows()) {
          const { error: message, errorType, Exceptions } = rootOf(row).metadata;
          assert.equal(`${errorType}: ${message}`, expected);
          assert.equal(Exceptions, message);
        }
        assert.equal((await traces.rows()).length, 2);
        assert.deepEqual(Object.getOwnPropertyNames(error ?? {}), before);
        assert.deepEqual(traces.reasons, []);
      });
    }

    it('a function, without its source', async () => {
      using traces = record();
      const secret = function leaky() {
        return 'sk-in-the-source';
      };
      assert.equal(
        caught(
          trace(() => {
            throw secret;
          }),
        ),
        secret,
      );
      const row = await traces.row();
      assert.doesNotMatch(JSON.stringify(row), /sk-in-the-source/);
      assert.equal(rootOf(row).metadata.error, '[Function leaky]');
    });

    it('an error whose properties are getters, without calling them', async () => {
      using traces = record();
      let calls = 0;
      const error = Object.defineProperties(new Error('first'), {
        message: { get: () => `call ${++calls}` },
        name: { get: () => `call ${++calls}` },
        stack: { get: () => `call ${++calls}` },
        cause: { get: () => `call ${++calls}` },
        code: { get: () => `call ${++calls}` },
      });
      // The engine itself reads name and message when it writes the stack.
      calls = 0;
      assert.equal(
        caught(
          trace(() => {
            throw error;
          }),
        ),
        error,
      );
      assert.equal((await traces.rows()).length, 1);
      assert.equal(calls, 0);
    });

    it('a proxy, without touching it', async () => {
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
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      for (const error of [new Proxy({}, handler), new Proxy(() => {}, handler), revoked.proxy]) {
        const thrower = trace(
          () => {
            throw error;
          },
          { name: 'fails' },
        );
        assert.equal(caught(thrower), error);
      }
      const messages = (await traces.rows()).map((row) => rootOf(row).metadata.error);
      assert.deepEqual(messages, ['[Proxy]', '[Proxy]', '[Proxy]']);
      assert.equal(traps, 0);
      assert.deepEqual(traces.reasons, []);
    });

    it('an object that is no error, by its values', async () => {
      using traces = record();
      const error = { status: 404, detail: 'no such book' };
      assert.equal(
        caught(
          trace(() => {
            throw error;
          }),
        ),
        error,
      );
      assert.equal(
        rootOf(await traces.row()).metadata.error,
        '{"status":404,"detail":"no such book"}',
      );
    });

    it('in the step that failed and in those that it passed through', async () => {
      using traces = record();
      const error = new Error('no such index');
      const search = trace(
        async () => {
          throw error;
        },
        { name: 'search', type: 'retriever' },
      );
      const answer = trace(() => search(), { name: 'answer' });
      assert.equal(await rejection(answer()), error);
      assert.equal(
        await traces.tree(),
        `
└─ answer [user_call]  ✗ no such index
   └─ search [retriever]  ✗ no such index
`,
      );
    });

    it('and not where the caller handles them', async () => {
      using traces = record();
      const search = trace(
        async () => {
          throw new Error('no such index');
        },
        { name: 'search', type: 'retriever' },
      );
      await trace(() => search().catch(() => 'fallback'), { name: 'answer' })();
      assert.equal(
        await traces.tree(),
        `
└─ answer [user_call]  → "fallback"
   └─ search [retriever]  ✗ no such index
`,
      );
    });
  });
});

function caught(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was rejected' });
}

describe('a call outside any request', () => {
  it('is a trace whose root step has the type of the function', async () => {
    using traces = captureTraces();
    const answer = trace(async () => 'yes', { name: 'answer', type: 'agent' });
    await answer();
    const [row] = await traces.rows();
    assert.equal(row?.steps[0]?.type, 'agent');
  });

  it('counts the tokens of a call that tells what went in and what came out', async () => {
    using traces = captureTraces();
    await trace(async () => {
      addStep({ name: 'chat', type: 'chat_completion', promptTokens: 7, completionTokens: 5 });
      addStep({ name: 'chat', type: 'chat_completion', promptTokens: 1 });
    })();
    const [row] = await traces.rows();
    assert.equal(row?.tokens, 12);
  });
});
