import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { describeError } from '../../src/diagnostics/diagnostics.ts';
import { recordedError } from '../../src/trace/model/recorded-error.ts';
import {
  classOf,
  dataProperty,
  errorMessage,
  errorName,
  errorStack,
  hasGetter,
  isError,
} from '../../src/values/reading/read-safely.ts';
import { maskedError } from '../../src/values/redaction/masked-error.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';

const SECRET = 'https://u:secret@host/';
const MASKED = 'https://[redacted]@host/';
const masked = (error: unknown) => maskedError(error, new Redactor());

describe('an error that is shown to the operator', () => {
  for (const value of [null, undefined, 7, true, 'plain']) {
    it(`is what was thrown: ${value}`, () => assert.equal(masked(value), value));
  }

  it('is masked where it is a text, and named where it is no error', () => {
    assert.equal(masked(SECRET), MASKED);
    assert.equal((masked({ secret: 1 }) as Error).message, 'thrown object');
    assert.equal((masked(new Proxy(new Error(), {})) as Error).message, 'thrown object');
  });

  it('is the same one where nothing about it is a secret', () => {
    for (const error of [
      new TypeError('x'),
      new Error('x', { cause: new Error('y') }),
      new AggregateError([new Error('x')], 'y'),
      Object.assign(new Error('x'), { code: 7, retries: null }),
    ]) {
      assert.equal(masked(error), error);
    }
  });

  it('is a copy where something about it is, at any place', () => {
    const error = Object.assign(new RangeError(SECRET), { apiKey: 'k', code: 7 });
    const copy = masked(error) as typeof error;
    assert.ok(copy instanceof RangeError && copy !== error);
    assert.deepEqual([copy.message, copy.apiKey, copy.code], [MASKED, '[redacted]', 7]);
    assert.deepEqual(Object.keys(copy), ['apiKey', 'code']);
    const caused = masked(new Error('x', { cause: new Error(SECRET) })) as Error;
    assert.equal((caused.cause as Error).message, MASKED);
    const all = masked(new AggregateError([new Error('x'), new Error(SECRET)])) as AggregateError;
    assert.deepEqual(
      all.errors.map(({ message }: Error) => message),
      ['x', MASKED],
    );
  });

  it('is the same one where it is a DOMException, whose properties are accessors, or of another realm', () => {
    class Own extends DOMException {}
    for (const error of [
      new DOMException('timed out', 'TimeoutError'),
      new Own('timed out', 'TimeoutError'),
      runInNewContext('new TypeError("timed out")'),
      Object.create(Error.prototype, { message: { value: 'timed out' } }),
    ]) {
      assert.equal(masked(error), error);
      assert.equal(describeError(error), `${error.name}: timed out`);
    }
  });

  it('is a copy where a DOMException holds a secret', () => {
    const copy = masked(new DOMException(SECRET, 'TimeoutError')) as DOMException;
    assert.ok(copy instanceof DOMException);
    assert.deepEqual([copy.name, copy.message, copy.code], ['TimeoutError', MASKED, 23]);
    assert.doesNotMatch(String(copy.stack), /secret/);
  });

  it('is described without running its code', () => {
    const asked = () => assert.fail('asked');
    const hostile = Object.defineProperty(new RangeError('x'), 'message', { get: asked });
    assert.equal(describeError(hostile), 'RangeError: ');
    assert.equal(describeError(Object.create(DOMException.prototype)), 'DOMException: ');
    assert.equal(describeError(new Proxy(new Error('x'), { get: asked })), 'thrown object');
    assert.equal(describeError({ message: 'x' }), 'thrown object');
  });

  for (const [what, held] of [
    ['an object', { request: { headers: {} } }],
    ['an array', { issues: ['x'] }],
    ['an object in the place of its errors', { errors: { a: 1 } }],
  ] as const) {
    it(`leaves out the objects that it holds: ${what}`, () => {
      const copy = masked(Object.assign(new Error('x'), held)) as Error;
      assert.equal(copy.message, 'x');
      for (const key of Object.keys(held)) assert.ok(!Object.hasOwn(copy, key), key);
    });
  }

  it('shows ten of its errors, and five causes', () => {
    const errors = (count: number) => Array.from({ length: count }, () => new Error('x'));
    const of = (count: number) => masked(new AggregateError(errors(count))) as AggregateError;
    assert.equal(of(10).errors.length, 10);
    assert.equal(of(11).errors.length, 10);
    const chain = (length: number): Error =>
      length === 0 ? new Error(SECRET) : new Error('x', { cause: chain(length - 1) });
    const last = (error: unknown): string => {
      const { cause, message } = error as Error;
      return cause === undefined ? message : last(cause);
    };
    assert.equal(last(masked(chain(5))), MASKED);
    assert.equal(last(masked(chain(6))), 'thrown object');
  });
});

describe('an error that is recorded', () => {
  const redacted = (value: unknown) =>
    `<${value === null ? 'null' : typeof value === 'object' ? 'object' : value}>`;
  const recorded = (error: unknown) => recordedError(error, redacted);

  it('is its name and message', () => {
    const { stack, ...others } = recorded(new RangeError('x'));
    assert.deepEqual(others, { name: 'RangeError', message: '<x>' });
    assert.match(stack ?? '', /^<at .*errors\.test\.ts:\d+:\d+\)\n {4}at /);
    const bare = new Error('');
    delete bare.stack;
    assert.equal(recorded(bare).message, '<Error>');
    assert.equal(recorded(bare).stack, undefined);
  });

  it('has what else it says, where it has no message or code that tells it', () => {
    const text = (value: unknown) => JSON.stringify(value);
    const messageOf = (error: object) => recordedError(error, text).message;
    const invalid = Object.defineProperties(new Error(), {
      issues: { value: [{ path: ['a'], message: 'no number' }] },
      message: { get: () => assert.fail('read') },
    });
    assert.equal(messageOf(invalid), '[{"path":["a"],"message":"no number"}]');
    const refused = Object.assign(new Error(''), { code: '23505', detail: 'there is one' });
    assert.equal(messageOf(refused), '{"code":"23505","detail":"there is one"}');
  });

  class Reply {}
  const WITHOUT_MESSAGE: readonly (readonly [facts: object, message: string])[] = [
    [{ status: 401 }, 'HTTP 401'],
    [{ statusCode: 503 }, 'HTTP 503'],
    // As basicAuth() and bodyLimit() of Hono throw it.
    [{ res: new Response('no', { status: 413 }), status: 413 }, 'HTTP 413'],
    [{ res: undefined, status: 402 }, 'HTTP 402'],
    [
      { status: 409, statusCode: 409, expose: true },
      '{"status":409,"statusCode":409,"expose":true}',
    ],
    [{ status: 'gone' }, '{"status":"gone"}'],
    [{ status: 3 }, '{"status":3}'],
    [{ status: 422, body: { field: 'age' } }, '{"status":422,"body":{"field":"age"}}'],
    [{ reply: new Reply(), retry: () => {}, mark: Symbol('m') }, 'Error'],
    [{ reply: new Reply(), at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    [
      Object.create(null, { status: { get: () => assert.fail('read'), enumerable: true } }),
      'Error',
    ],
  ];
  for (const [facts, message] of WITHOUT_MESSAGE) {
    it(`says ${message} if it has no message and nothing else that is text`, () => {
      const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
      const error = Object.defineProperties(new Error(''), Object.getOwnPropertyDescriptors(facts));
      assert.equal(recordedError(error, text).message, message);
    });
  }

  it('leaves the stack unread until the row is made: the app may still change its message', () => {
    const error = new Error('first');
    const kept = recorded(error);
    error.message = 'second';
    assert.match(error.stack ?? '', /^Error: second\n/);
    assert.match(kept.stack ?? '', /^<at /);
    const heard = Object.defineProperty(new Error('x'), 'name', { get: () => assert.fail('read') });
    assert.equal(recorded(heard).stack, undefined);
  });

  class RateLimitError extends Error {}
  /** As a minifier leaves it. */
  const Minified = { e: class extends Error {} }.e;
  const NAMES: readonly (readonly [what: string, error: unknown, name: string])[] = [
    ['its class, where it says no more than Error', new RateLimitError('429'), 'RateLimitError'],
    ['its own, where it has one', Object.assign(new RateLimitError(), { name: 'Own' }), 'Own'],
    ['Error, where its class has the name of a minifier', new Minified(), 'Error'],
    [
      'its class, where the app has removed it',
      Object.assign(new TypeError(), { name: '' }),
      'TypeError',
    ],
    ['Error, for an error without a class', Object.setPrototypeOf(new Error(), null), 'Error'],
    ['Error, for an object of a class', new (class Refusal {})(), 'Error'],
  ];
  for (const [what, error, name] of NAMES) {
    it(`has the name of ${what}`, () => assert.equal(recorded(error).name, name));
  }

  const refused = (address: string) =>
    Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' });
  const circular = new Error('round');
  circular.cause = circular;
  const deep = (levels: number): Error =>
    levels === 0 ? new Error('level 0') : new Error(`level ${levels}`, { cause: deep(levels - 1) });
  const REASONS: readonly (readonly [what: string, error: Error, message: string])[] = [
    ['its cause', new Error('outer', { cause: new Error('inner') }), 'outer; cause: inner'],
    ['a text as its cause', new Error('outer', { cause: 'no shelf' }), 'outer; cause: no shelf'],
    [
      'the causes of its cause',
      new Error('a', { cause: new Error('b', { cause: new Error('c') }) }),
      'a; cause: b; cause: c',
    ],
    [
      'the errors of an AggregateError',
      new AggregateError(
        [new Error('x'), 'y', new Error('z', { cause: new Error('zz') })],
        'All promises were rejected',
      ),
      'All promises were rejected; x; y; z; cause: zz',
    ],
    [
      'the addresses that a fetch tried',
      new TypeError('fetch failed', {
        cause: Object.assign(new AggregateError([refused('::1:9'), refused('127.0.0.1:9')], ''), {
          code: 'ECONNREFUSED',
        }),
      }),
      'fetch failed; cause: AggregateError ECONNREFUSED; connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
    ],
    [
      'a cause of which it has the message once',
      new Error('failed: inner', { cause: new Error('inner') }),
      'failed: inner',
    ],
    ['no cause that is something else', new Error('outer', { cause: { status: 429 } }), 'outer'],
    ['itself once', circular, 'round'],
    [
      'five causes at most',
      deep(9),
      'level 9; cause: level 8; cause: level 7; cause: level 6; cause: level 5; cause: level 4',
    ],
    [
      'five errors at most',
      new AggregateError(
        [1, 2, 3, 4, 5, 6, 7].map((n) => new Error(`no. ${n}`)),
        'all',
      ),
      'all; no. 1; no. 2; no. 3; no. 4; no. 5; [cut: 2 more errors]',
    ],
    [
      'a thousand characters of a cause at most',
      new Error('outer', { cause: new Error('x'.repeat(1001)) }),
      `outer; cause: ${'x'.repeat(1000)}`,
    ],
  ];
  for (const [what, error, message] of REASONS) {
    it(`has in its message ${what}`, () => assert.equal(recorded(error).message, `<${message}>`));
  }

  it('runs no code of its causes', () => {
    const cause = new Error('x');
    Object.defineProperty(cause, 'message', { get: () => assert.fail('read') });
    Object.defineProperty(cause, 'errors', { get: () => assert.fail('read') });
    assert.equal(recorded(new Error('outer', { cause })).message, '<outer; cause: Error>');
    const proxied = new Error('outer', { cause: new Proxy(new Error('x'), {}) });
    assert.equal(recorded(proxied).message, '<outer>');
  });

  it('has 4000 characters of its stack at most', () => {
    const error = new Error('x');
    error.stack = `Error: x\n${'    at work (file.js:1:2)\n'.repeat(1000)}`;
    assert.equal(recorded(error).stack?.length, 4002);
  });

  it('is its type and value where it is none', () => {
    assert.deepEqual(recorded('x'), { name: 'string', message: '<x>' });
    assert.deepEqual(recorded(undefined), { name: 'undefined', message: 'undefined' });
    assert.deepEqual(recorded(null), { name: 'object', message: '<null>' });
    assert.deepEqual(recorded({ code: 7 }), { name: 'Error', message: '<object>' });
    assert.deepEqual(recorded({ message: 'said' }), { name: 'Error', message: '<said>' });
    assert.equal(recorded(new Proxy({}, {})).name, 'object');
  });
});

describe('what is read of an object without running code of it', () => {
  /** An object whose property stands so many prototypes above it. */
  const above = (depth: number, top: object = { found: true }): object => {
    let object = top;
    for (let i = 0; i < depth; i++) object = Object.create(object);
    return object;
  };

  it('is found up to eleven prototypes above it', () => {
    assert.equal(dataProperty(above(0), 'found'), true);
    assert.equal(dataProperty(above(11), 'found'), true);
    assert.equal(dataProperty(above(12), 'found'), undefined);
    assert.equal(isError(above(11, Error.prototype)), true);
    assert.equal(isError(above(12, Error.prototype)), false);
    assert.equal(isError({}), false);
    assert.equal(dataProperty({}, 'found'), undefined);
  });

  it('is no accessor, and nothing behind a proxy', () => {
    const withAccessor = {
      get a() {
        return 1;
      },
      b: 2,
    };
    assert.deepEqual([hasGetter(withAccessor, 'a'), hasGetter(withAccessor, 'b')], [true, false]);
    assert.equal(dataProperty(withAccessor, 'a'), undefined);
    assert.equal(dataProperty(Object.create(new Proxy({ a: 1 }, {})), 'a'), undefined);
    assert.equal(isError(Object.create(new Proxy(new Error(), {}))), false);
  });

  it('is the name of its class', () => {
    class Named {}
    assert.equal(classOf(new Named()), 'Named');
    assert.equal(classOf(new (class {})()), 'Object');
    assert.equal(classOf(Object.create(null)), 'Object');
    assert.equal(classOf({ constructor: 'x' }), 'Object');
    assert.equal(classOf({ constructor: new Proxy(Named, {}) }), 'Object');
  });

  it('is what an error says, also a DOMException, whose properties are accessors', () => {
    const exception = new DOMException('gone', 'AbortError');
    assert.deepEqual([errorName(exception), errorMessage(exception)], ['AbortError', 'gone']);
    const odd = Object.assign(new Error(), { name: 7, message: 7, stack: 7 });
    assert.deepEqual(
      [errorName(odd), errorMessage(odd), errorStack(odd)],
      ['Error', '', undefined],
    );
    assert.match(errorStack(new Error('x')) ?? '', /^Error: x\n/);
    const hostile = Object.defineProperty(new Error(), 'stack', { get: () => 'theirs' });
    assert.equal(errorStack(hostile), undefined);
  });

  it('is the stack of an error also in an engine where `stack` is an accessor', async () => {
    const { Error: UsualError } = globalThis;
    class AccessorError extends UsualError {
      constructor(message: string) {
        super(message);
        Object.defineProperty(this, 'stack', { get: engineGetter });
      }
    }
    function engineGetter(this: Error): string {
      return `Error: ${this.message}`;
    }
    globalThis.Error = AccessorError as ErrorConstructor;
    try {
      // The module looks at the engine as it is loaded.
      const url = new URL('../../src/values/reading/read-safely.ts?accessor', import.meta.url);
      const copy: { errorStack: typeof errorStack } = await import(url.href);
      assert.equal(copy.errorStack(new AccessorError('x')), 'Error: x');
      const hostile = Object.defineProperty(new UsualError(), 'stack', { get: () => 'theirs' });
      assert.equal(copy.errorStack(hostile), undefined);
    } finally {
      globalThis.Error = UsualError;
    }
  });
});
