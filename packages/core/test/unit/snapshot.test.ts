import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';

const ROOMY = { maxChars: 10_000, maxDepth: 20, maxNodes: 1000 };

/** The JSON text of a value, and the value that it holds. */
function textOf(value: unknown, limits: Partial<typeof ROOMY> = {}, key = ''): string {
  return new Snapshotter(new Redactor(), { ...ROOMY, ...limits }).text(value, key);
}
const shown = (value: unknown, limits: Partial<typeof ROOMY> = {}, key = ''): unknown =>
  JSON.parse(textOf(value, limits, key));

class Point {
  x = 1;
  y = 2;
}

/** An error whose stack is one line, so that its text is the same everywhere. */
function withStack<E extends Error>(error: E): E {
  error.stack = 'at line 1';
  return error;
}

describe('a value of each kind', () => {
  const secondTime = { a: 1 };
  const cases: readonly (readonly [what: string, value: unknown, shown: unknown])[] = [
    ['undefined', undefined, null],
    ['null', null, null],
    ['true', true, true],
    ['false', false, false],
    ['a number', 1.5, 1.5],
    ['a number that JSON lacks', Number.NaN, 'NaN'],
    ['a number without end', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['a text', 'a "quoted"\nline', 'a "quoted"\nline'],
    ['half a character', 'a\ud83d', 'a\ufffd'],
    ['a big integer', 12n, '12n'],
    ['a big integer of 101 digits', 10n ** 100n, '[BigInt]'],
    ['a negative big integer of 101 digits', -(10n ** 100n), '[BigInt]'],
    ['a negative big integer of 100 digits', -(10n ** 100n) + 1n, `-${'9'.repeat(100)}n`],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a function', function search() {}, '[Function search]'],
    ['a function without a name', (() => () => {})(), '[Function]'],
    ['members that are undefined', { a: undefined, b: 1, c: undefined }, { b: 1 }],
    ['items that are undefined', [undefined, 1, undefined], [null, 1, null]],
    ['holes', Object.assign(new Array(3), { 1: 1 }), [null, 1, null]],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['an object of a class', new Point(), { x: 1, y: 2 }],
    ['an object of a class without members', new (class Empty {})(), '[Empty]'],
    ['an empty object', {}, {}],
    ['an empty list', [], []],
    [
      'a getter',
      {
        get a() {
          return 1;
        },
        b: 2,
      },
      { a: '[Getter]', b: 2 },
    ],
    ['a proxy', new Proxy({}, {}), '[Proxy]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), 'Invalid Date'],
    ['an expression', /a\/b/dgimsuy, '/a\\/b/gimsuy'],
    ['a promise', Promise.resolve(1), '[Promise]'],
    [
      'an object of a class that can be awaited',
      new (class Q {
        // biome-ignore lint/suspicious/noThenProperty: it is what the value is about
        then() {}
      })(),
      '[Promise]',
    ],
    ['a generator', (function* () {})(), '[Generator]'],
    ['a stream', new Readable({ read() {} }), '[Readable]'],
    ['a stream that is written', new Writable(), '[Writable]'],
    [
      'a request',
      Object.assign(new Readable(), { method: 'GET', url: 'http://u:p@h/a?b=1' }),
      '[Readable GET http://[redacted]@h/a]',
    ],
    ['a stream with a method', Object.assign(new Readable(), { method: 'GET' }), '[Readable]'],
    ['a stream with an address', Object.assign(new Readable(), { url: '/a' }), '[Readable]'],
    ['bytes', new Uint8Array(3), '[Uint8Array: 3 bytes]'],
    ['a view', new DataView(new ArrayBuffer(5)), '[DataView: 5 bytes]'],
    ['a buffer', new ArrayBuffer(7), '[ArrayBuffer: 7 bytes]'],
    ['a shared buffer', new SharedArrayBuffer(9), '[SharedArrayBuffer: 9 bytes]'],
    ['a boxed number', Object(1), 1],
    ['a boxed text', Object('a'), 'a'],
    ['a boxed boolean', Object(false), false],
    ['a boxed big integer', Object(3n), '3n'],
    ['a set', new Set(['a', 1]), { $set: ['a', 1] }],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
      ]),
      {
        $map: [
          ['a', 1],
          [2, 'b'],
        ],
      },
    ],
    ['an object with toJSON', { a: 1, toJSON: () => ({ b: 2 }) }, { b: 2 }],
    ['an object of a class with toJSON', new URL('https://a.b/c'), 'https://a.b/c'],
    ['toJSON that gives undefined', { toJSON: () => undefined }, null],
    [
      'toJSON that throws',
      {
        toJSON() {
          throw new Error();
        },
      },
      '[Object: toJSON failed]',
    ],
    [
      'toJSON that gives the object',
      {
        toJSON() {
          return this;
        },
      },
      '[Object]',
    ],
    ['toJSON that gives a promise', { toJSON: async () => 1 }, '[Promise]'],
    ['a member that is named toJSON', { toJSON: 1 }, { toJSON: 1 }],
    ['one object in two places', [secondTime, secondTime], [{ a: 1 }, { a: 1 }]],
  ];
  for (const [what, value, expected] of cases) {
    it(`is shown: ${what}`, () => assert.deepEqual(shown(value), expected));
  }

  it('may have a toJSON whose promise is rejected, which nobody else would handle', async () => {
    assert.equal(shown({ toJSON: () => Promise.reject(new Error('x')) }), '[Promise]');
    await new Promise((resolve) => setTimeout(resolve, 1));
  });

  it('is marked where it holds itself', () => {
    const outer: Record<string, unknown> = {};
    outer.list = [outer, { outer }];
    assert.deepEqual(shown(outer), { list: ['[Circular]', { outer: '[Circular]' }] });
  });

  it('is walked anew where one was walked before that was deeper', () => {
    const snapshotter = new Snapshotter(new Redactor(), ROOMY);
    const inner = { a: 1 };
    snapshotter.text({ b: { c: inner } });
    assert.equal(snapshotter.text({ b: inner }), '{"b":{"a":1}}');
    assert.equal(snapshotter.text([[[inner]]]), '[[[{"a":1}]]]');
  });
});

describe('an error', () => {
  it('has its name, message and stack', () => {
    const error = withStack(new RangeError('too far'));
    assert.deepEqual(shown(error), { name: 'RangeError', message: 'too far', stack: 'at line 1' });
  });

  it('has a code that is a text or a number, and no other', () => {
    for (const code of ['ENOENT', 7]) {
      const found = shown(Object.assign(withStack(new Error('x')), { code })) as { code: unknown };
      assert.equal(found.code, code);
    }
    const found = shown(Object.assign(withStack(new Error('x')), { code: { a: 1 } }));
    assert.deepEqual(found, { name: 'Error', message: 'x', stack: 'at line 1' });
  });

  it('is recognised where it is of another realm, or only inherits from Error', () => {
    const foreign = runInNewContext('new TypeError("elsewhere")') as object;
    assert.equal((shown(foreign) as { message: string }).message, 'elsewhere');
    const like = Object.create(Error.prototype, { message: { value: 'alike' } });
    assert.deepEqual(shown(like), { name: 'Error', message: 'alike' });
  });

  it('shows five causes, one in the other, and no sixth', () => {
    const chain = (length: number): Error =>
      withStack(
        length === 0 ? new Error('last') : new Error(`${length}`, { cause: chain(length - 1) }),
      );
    const depthOf = (value: unknown): number => {
      const { cause } = value as { cause?: unknown };
      return cause === undefined ? 0 : 1 + depthOf(cause);
    };
    assert.equal(depthOf(shown(chain(4))), 4);
    assert.equal(depthOf(shown(chain(5))), 5);
    assert.equal(depthOf(shown(chain(6))), 5);
  });

  it('shows ten of its errors, and says how many more it has', () => {
    const of = (count: number) => {
      const errors = Array.from({ length: count }, (_, i) => withStack(new Error(`e${i}`)));
      return (shown(withStack(new AggregateError(errors, 'all'))) as { errors: unknown[] }).errors;
    };
    assert.equal(of(10).length, 10);
    assert.deepEqual(of(10)[9], { name: 'Error', message: 'e9', stack: 'at line 1' });
    assert.equal(of(11).length, 11);
    assert.equal(of(11)[10], '[cut: 1 more errors]');
    assert.equal(of(13)[10], '[cut: 3 more errors]');
  });

  it('has its stack masked, and cut at 4,000 characters', () => {
    const error = new Error('x');
    error.stack = `Error: https://u:secret@host/\n${'s'.repeat(5000)}`;
    const { stack } = shown(error) as { stack: string };
    assert.ok(stack.startsWith('Error: https://[redacted]@host/'));
    assert.equal(stack.length, 4000);
  });
});

describe('what is too large', () => {
  const cases: readonly (readonly [
    what: string,
    value: unknown,
    limits: object,
    shown: unknown,
  ])[] = [
    ['a text of the limit is whole', 'abcdefgh', { maxChars: 8 }, 'abcdefgh'],
    [
      'a longer one says what is missing',
      'abcdefghij',
      { maxChars: 8 },
      'abcdefgh… [cut: 2 more characters]',
    ],
    [
      'a text is not cut within a character',
      'abc😀',
      { maxChars: 4 },
      'abc… [cut: 2 more characters]',
    ],
    [
      'an object may be cut at its first key',
      { a: 1, b: 2, c: 3 },
      { maxChars: 0 },
      { '…': '[cut: 3 more keys]' },
    ],
    [
      'or behind it',
      { a: 'xxxxxxxx', b: 2, c: 3 },
      { maxChars: 5 },
      { a: 'xxxxx… [cut: 3 more characters]', '…': '[cut: 2 more keys]' },
    ],
    ['a list may be cut at its first item', [1, 2, 3], { maxChars: 0 }, ['[cut: 3 more items]']],
    ['or behind it', [1, 2, 3], { maxChars: 8 }, [1, '[cut: 2 more items]']],
    ['a list of as many members as are allowed is whole', [1, 2, 3], { maxNodes: 4 }, [1, 2, 3]],
    ['one more is cut', [1, 2, 3], { maxNodes: 3 }, [1, 2, '[cut: 1 more items]']],
    ['holes count as members', new Array(3), { maxNodes: 3 }, [null, null, '[cut: 1 more items]']],
    [
      'so do the members of objects',
      { a: 1, b: 2, c: 3 },
      { maxNodes: 3 },
      { a: 1, b: 2, '…': '[cut: 1 more keys]' },
    ],
    ['a set is cut', new Set([1, 2, 3]), { maxNodes: 2 }, { $set: [1, '[cut: 1 more items]'] }],
    [
      'an object at the depth that is allowed is whole',
      { a: { b: 1 } },
      { maxDepth: 2 },
      { a: { b: 1 } },
    ],
    ['a deeper object is named', { a: { b: { c: 1 } } }, { maxDepth: 2 }, { a: { b: '[Object]' } }],
    ['so is a deeper list', { a: [[1]] }, { maxDepth: 2 }, { a: ['[Array]'] }],
    [
      'the last items of a list are kept as well as the first',
      Array.from({ length: 100 }, (_, i) => i),
      { maxChars: 80 },
      [0, 1, 2, 3, 4, '[cut: 90 more items]', 95, 96, 97, 98, 99],
    ],
    [
      'a long text leaves room for what follows',
      { image: 'x'.repeat(1000), question: 'why?' },
      { maxChars: 400 },
      { image: `${'x'.repeat(200)}… [cut: 800 more characters]`, question: 'why?' },
    ],
    [
      'so do several of them',
      ['x'.repeat(1000), 'y'.repeat(1000), 'z'.repeat(1000), { question: 'why?' }],
      { maxChars: 1600 },
      [
        ...['x', 'y', 'z'].map((c) => `${c.repeat(100)}… [cut: 900 more characters]`),
        { question: 'why?' },
      ],
    ],
    [
      'a data URL that has no room is named',
      { image: `data:image/png;base64,${'A'.repeat(998)}==`, question: 'why?' },
      { maxChars: 400 },
      { image: '[image/png, 748 bytes]', question: 'why?' },
    ],
    [
      'a data URL that has room is kept',
      'data:image/png;base64,AAAA',
      { maxChars: 400 },
      'data:image/png;base64,AAAA',
    ],
    [
      'a text behind others has the room that they leave',
      ['aaaa', 'bbbb'],
      { maxChars: 9 },
      ['aaaa', 'bb… [cut: 2 more characters]'],
    ],
  ];
  for (const [what, value, limits, expected] of cases) {
    it(`shows that: ${what}`, () => assert.deepEqual(shown(value, limits), expected));
  }

  it('leaves room by what each value takes', () => {
    const rest = (first: unknown) => {
      const [, text] = shown([first, 'x'.repeat(100)], { maxChars: 60 }) as [unknown, string];
      return text.indexOf('…');
    };
    assert.equal(rest('abc'), 60 - 6);
    assert.equal(rest(7), 60 - 8);
    assert.equal(rest(true), 60 - 5);
    assert.equal(rest(null), 60 - 4);
    assert.equal(rest(12n), 60 - '12n'.length - 3);
    assert.equal(rest({ abc: 7 }), 60 - 8 - '"abc":'.length - 1);
  });

  it('counts a control character as what it takes in JSON', () => {
    const text = textOf('\u0001'.repeat(5000), { maxChars: 1000 });
    assert.ok(text.length <= 2100, String(text.length));
    assert.match(text, /more characters\]"$/);
  });

  it('is whole where control characters leave it short enough', () => {
    assert.equal(shown('\u0001'.repeat(49), { maxChars: 100 }), '\u0001'.repeat(49));
    assert.match(String(shown('\u0001'.repeat(50), { maxChars: 100 })), /34 more characters\]$/);
    const snapshotter = new Snapshotter(new Redactor(), ROOMY);
    // Its JSON text has 300 characters, which are allowed where 100 are left.
    const controls = `${'\u0001'.repeat(49)}abcd`;
    assert.equal(JSON.parse(snapshotter.textOfStream(controls, '', 100)), controls);
    assert.match(snapshotter.textOfStream(`${controls}e`, '', 100), /more characters\]"$/);
  });

  it('is read no further than it is shown', () => {
    const keys: string[] = [];
    const redactor = new Redactor({
      text(text) {
        keys.push(text);
        return text;
      },
    });
    const map = new Map(Array.from({ length: 100 }, (_, i) => [`key ${i}`, i]));
    new Snapshotter(redactor, { ...ROOMY, maxNodes: 5 }).text(map);
    assert.ok(keys.includes('key 1'));
    assert.ok(!keys.includes('key 5'), 'a key of an entry that is cut was read');
  });

  it('is cut where less room is left than the limit', () => {
    const snapshotter = new Snapshotter(new Redactor(), ROOMY);
    assert.equal(snapshotter.text('abcdef', '', 3), '"abc… [cut: 3 more characters]"');
    assert.equal(snapshotter.text('abcdef', '', 100_000), '"abcdef"');
  });
});

describe('a secret key', () => {
  it('hides what stands under it: the value itself, a member, an entry of a map', () => {
    assert.equal(shown('s', {}, 'password'), '[redacted]');
    assert.equal(shown(7, {}, 'password'), '[redacted]');
    assert.deepEqual(shown({ password: { a: 1 } }), { password: '[redacted]' });
    assert.deepEqual(
      shown(
        new Map([
          ['password', 's'],
          ['b', 'c'],
        ]),
      ),
      {
        $map: [
          ['password', '[redacted]'],
          ['b', 'c'],
        ],
      },
    );
  });

  it('hides neither a flag, nor that nothing is there, nor a count of tokens', () => {
    const value = { password: true, secret: null, token: 17, authToken: undefined };
    assert.deepEqual(shown(value), { password: true, secret: null, token: 17 });
    assert.deepEqual(shown({ pin: 1, apiKey: 17, tokenized: 1 }), {
      pin: 1,
      apiKey: '[redacted]',
      tokenized: 1,
    });
  });
});

describe('a value that came as JSON text', () => {
  const snapshotter = (options = {}) => new Snapshotter(new Redactor(options), ROOMY);
  const cases: readonly (readonly [what: string, json: string, text: string])[] = [
    ['with nothing to hide', '{"a": [1, "x"]}', '{"a": [1, "x"]}'],
    ['with a secret', '{"password": "x"}', '{"password":"[redacted]"}'],
    ['with a secret in a list', '[{"a": {"token": "x"}}]', '[{"a":{"token":"[redacted]"}}]'],
    ['with a URL that holds a password', '["http://u:p@h/"]', '["http://[redacted]@h/"]'],
    ['with an escaped one', '["http:\\/\\/u:p@h"]', '["http://[redacted]@h"]'],
    ['with JSON in a text', '["{\\"token\\": \\"x\\"}"]', '["{\\"token\\": \\"[redacted]\\"}"]'],
    [
      'with JSON in a text, printed widely',
      '["{\\"token\\" : \\"x\\"}"]',
      '["{\\"token\\" : \\"[redacted]\\"}"]',
    ],
    ['with a harmless URL', '[ "http://h/" ]', '[ "http://h/" ]'],
    ['with half a character', '["\ud800"]', '["\ufffd"]'],
  ];
  for (const [what, json, text] of cases) {
    it(`is that text, or a masked one: ${what}`, () =>
      assert.equal(snapshotter().textOfJson(json), text));
  }

  it('is cut where it is deeper or longer than values may be', () => {
    const small = new Snapshotter(new Redactor(), { maxChars: 20, maxDepth: 2, maxNodes: 5 });
    const parsed = (json: string) => small.textOfJson(json);
    assert.equal(parsed('[[ 1 ]]'), '[[ 1 ]]');
    assert.equal(parsed('[[[1]]]'), '[["[Array]"]]');
    assert.equal(parsed('{"a":{ "b":1}}'), '{"a":{ "b":1}}');
    assert.equal(parsed('{"a":{"b":{"c":1}}}'), '{"a":{"b":"[Object]"}}');
    assert.equal(parsed('[ "abcdefghijklmno"]'), '[ "abcdefghijklmno"]');
    assert.equal(parsed('[ "abcdefghijklmnop"]'), '["abcdefghijklmnop"]');
    assert.equal(parsed('[1, 2, 3, 4, 5]'), '[1, 2, 3, 4, 5]');
    assert.equal(parsed('[1,2,3,4,5,6]'), '[1,2,"[cut: 3 more items]",6]');
  });

  it('passes through a function that replaces texts', () => {
    const text = (value: string) => value.replace('Ada', '*');
    assert.equal(snapshotter({ text }).textOfJson('["Ada"]'), '["*"]');
  });
});

describe('the text of a stream', () => {
  const snapshotter = new Snapshotter(new Redactor(), ROOMY);

  it('keeps what stands under `token`, a piece of the answer, unless it looks like a credential', () => {
    const pieces = 'data: {"token":"Hello"}';
    assert.equal(JSON.parse(snapshotter.textOfStream(pieces, '', 1000)), pieces);
    const credential = 'data: {"token":"sk-abcdefghij0123456789"}';
    assert.equal(
      JSON.parse(snapshotter.textOfStream(credential, '', 1000)),
      'data: {"token":"[redacted]"}',
    );
  });

  it('is hidden under a secret key, and cut where it is too long', () => {
    assert.equal(snapshotter.textOfStream('abc', 'password', 1000), '"[redacted]"');
    assert.equal(snapshotter.textOfStream('abcd', '', 3), '"abc… [cut: 1 more characters]"');
    assert.equal(snapshotter.textOfStream('abcd', '', 4), '"abcd"');
  });
});

describe('values under keys of secrets', () => {
  const snapshotter = new Snapshotter(new Redactor(), ROOMY);
  for (const [key, value] of [
    ['token', 17],
    ['token', 'a'],
    ['password', 17],
    ['password', null],
    ['password', true],
    ['password', 'a'],
    ['plain', 'a'],
  ] as const) {
    it(`are masked alike in an object, a Map and JSON: ${key}, ${value}`, () => {
      const masked = JSON.parse(snapshotter.text({ [key]: value }))[key];
      const { $map } = JSON.parse(snapshotter.text(new Map([[key, value]])));
      assert.deepEqual($map, [[key, masked]]);
      const json = JSON.stringify({ [key]: value });
      assert.deepEqual(JSON.parse(String(snapshotter.textOfJson(json))), { [key]: masked });
      const inside = JSON.parse(snapshotter.text(`see ${json}`));
      assert.equal(inside, `see ${JSON.stringify({ [key]: masked })}`);
    });
  }
});
