import assert from 'node:assert/strict';
import { cutKey, stepName } from '../../src/trace/content/step-name.ts';
import { TraceRoom, TraceValues } from '../../src/trace/content/trace-values.ts';
import { newStepId } from '../../src/trace/ids/step-id.ts';
import {
  fieldText,
  indexOfField,
  isStepType,
  isValidField,
} from '../../src/trace/model/step-fields.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';
import { Snapshotter } from '../../src/values/snapshot/snapshotter.ts';

describe('the id of a step', () => {
  it('is a UUID, and nobody else has it', () => {
    const ids = new Set<string>();
    for (let i = 0; i < 10_000; i++) {
      const id = newStepId();
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      ids.add(id);
    }
    assert.equal(ids.size, 10_000);
  });
});

describe('the name of a step', () => {
  for (const [name, shown] of [
    ['search', 'search'],
    ['', 'otherwise'],
    [7, 'otherwise'],
    [undefined, 'otherwise'],
    ['n'.repeat(256), 'n'.repeat(256)],
    ['n'.repeat(257), `${'n'.repeat(256)}…`],
    [`${'n'.repeat(240)} https://u:${'p'.repeat(40)}@h`, `${'n'.repeat(240)} https://[redact…`],
  ] as const) {
    it(`is cut and never empty: ${String(name).slice(0, 20)}`, () => {
      assert.equal(stepName(name, 'otherwise'), shown);
    });
  }

  it('is cut as a key, too', () => {
    assert.equal(cutKey('k'.repeat(256)), 'k'.repeat(256));
    assert.equal(cutKey('k'.repeat(257)), 'k'.repeat(256));
    // Up to 256 characters, a key is masked where it is used.
    assert.equal(cutKey('https://u:p@h'), 'https://u:p@h');
  });

  it('shows no password that is longer than what is looked at', () => {
    assert.equal(cutKey(`https://${'p'.repeat(3000)}@h`), 'https://[redacted]');
    assert.equal(stepName(`https://${'p'.repeat(3000)}@h`, ''), 'https://[redacted]…');
    // Whole, it is seen to be a host.
    assert.equal(cutKey(`https://${'h'.repeat(300)}`), `https://${'h'.repeat(248)}`);
  });
});

describe('a field of a step', () => {
  const LARGEST = Number.MAX_SAFE_INTEGER;
  const list = (length: number) => Array.from({ length }, () => 'x');
  const withGetter = Object.defineProperty(['a'], 0, { get: () => 'a' });
  const KINDS: readonly (readonly [
    kind: Parameters<typeof isValidField>[0],
    fitting: readonly unknown[],
    others: readonly unknown[],
  ])[] = [
    ['string', ['', 'a', null], [7, {}, undefined, new Proxy({}, {})]],
    ['amount', [0, 0.5, LARGEST, null], [-1, LARGEST + 1, Number.NaN, '1', 1n]],
    ['count', [0, 7, null], [-1, 0.5, '1', Number.POSITIVE_INFINITY]],
    ['object', [{}, null, new Map()], [[], 'a', new Proxy({}, {})]],
    ['array', [[], [1], null], [{}, 'a', new Proxy([], {})]],
    ['strings', [[], ['a'], list(10_000), null], [[1], ['a', 1], list(10_001), withGetter, 'a']],
    ['counts', [{ a: 1 }], [{}, null, 7, new Proxy({ a: 1 }, {})]],
    ['any', [7, 'a', {}, null, new Proxy({}, {})], []],
  ];
  for (const [kind, fitting, others] of KINDS) {
    it(`takes what fits it: ${kind}`, () => {
      for (const [i, value] of fitting.entries())
        assert.equal(isValidField(kind, value), true, `${i}`);
      for (const [i, value] of others.entries())
        assert.equal(isValidField(kind, value), false, `${i}`);
    });
  }

  const TEXTS: readonly (readonly [
    kind: Parameters<typeof isValidField>[0],
    json: string,
    isKept: boolean,
  ])[] = [
    ['object', '{}', true],
    ['object', 'null', true],
    ['object', '"[Readable]"', false],
    ['object', '[]', false],
    ['array', '[]', true],
    ['array', 'null', true],
    ['array', '"[Array]"', false],
    ['strings', '["a"]', true],
    ['strings', 'null', true],
    ['strings', '"[Array]"', false],
    ['string', '"a"', true],
    ['any', '7', true],
  ];
  for (const [kind, json, isKept] of TEXTS) {
    it(`keeps no mark in place of its value: ${json} as ${kind}`, () => {
      const text = fieldText({ kind } as never, 'value', { snapshot: () => json });
      assert.equal(text, isKept ? json : undefined);
    });
  }

  const counts = (value: object) =>
    fieldText({ kind: 'counts' } as never, value, { snapshot: String });
  it('of counts keeps the positive ones with names that the platform knows, at most 32', () => {
    const key = 'k'.repeat(64);
    const value = {
      ...{ input_tokens: 1, zero: 0, negative: -1, text: '1', Upper: 1, _a: 1, a1: 1 },
      ...{ [key]: 2, [`${key}k`]: 1 },
      get computed() {
        return 1;
      },
    };
    assert.equal(counts(value), `{"input_tokens":1,"${key}":2}`);
    assert.equal(counts({ zero: 0 }), undefined);
    const letters = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => ['a'.repeat(i + 1), 1]));
    for (const [given, kept] of [
      [31, 31],
      [32, 32],
      [33, 32],
    ] as const) {
      assert.equal(Object.keys(JSON.parse(counts(letters(given)) ?? '{}')).length, kept);
    }
  });

  it('has its place among those of its type', () => {
    assert.equal(indexOfField('chat_completion', 'provider'), 0);
    assert.equal(indexOfField('chat_completion', 'documents'), -1);
    assert.equal(indexOfField('tool', 'arguments'), 1);
    assert.deepEqual(['tool', 'user_call', 'odd', 'toString', 7, undefined].map(isStepType), [
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('the values of one trace', () => {
  const valuesWith = (maxChars: number) => {
    const redactor = new Redactor();
    const limits = { maxChars: 1000, maxDepth: 9, maxNodes: 99 };
    const said: string[] = [];
    const diagnostics = { report: (...args: string[]) => said.push(args.join(' ')) } as never;
    const snapshotter = new Snapshotter(redactor, limits);
    const trace = { recorder: { snapshotter, redactor, diagnostics }, markChanged() {} };
    return { values: new TraceValues(trace, new TraceRoom(maxChars)), said };
  };
  /** How many characters of a text are kept before its cut. */
  const keptOf = (json: string) => (JSON.parse(json) as string).indexOf('…');

  it('share its room: each takes its JSON text and its key', () => {
    const { values } = valuesWith(100);
    assert.equal(values.snapshot('x'.repeat(10), 'key'), `"${'x'.repeat(10)}"`);
    assert.equal(keptOf(values.snapshot('y'.repeat(200), '')), 100 - 12 - 3);
    assert.equal(values.isFull, true);
    assert.equal(keptOf(values.snapshot('z', '')), 0);
  });

  it('share it with keys, of which 256 characters count', () => {
    const { values } = valuesWith(300);
    values.snapshot(1, 'k'.repeat(1000));
    assert.equal(values.room, 300 - 1 - 256);
  });

  it('fill it with the last character that it has', () => {
    const { values } = valuesWith(3);
    values.snapshot(1, 'k');
    assert.equal(values.isFull, false);
    values.snapshot(1, '');
    assert.equal(values.isFull, true);
  });

  it('are kept as they came, if they came as JSON and fit', () => {
    const { values } = valuesWith(20);
    assert.equal(values.snapshotOfJson('[ 1, 2 ]', ''), '[ 1, 2 ]');
    assert.equal(values.snapshotOfJson('[ 1, 2, 34 ]', ''), '[ 1, 2, 34 ]');
    assert.equal(values.isFull, true);
    const { values: small } = valuesWith(7);
    assert.equal(small.snapshotOfJson('[ 1, 2 ]', ''), '[1,"[cut: 1 more items]"]');
  });

  it('are pieces of a stream within the same room', () => {
    const { values } = valuesWith(20);
    assert.equal(values.snapshotOfStream('abcdefgh', ''), '"abcdefgh"');
    assert.equal(keptOf(values.snapshotOfStream('x'.repeat(50), '')), 10);
  });

  it('are no accessors, and nothing where there is nothing', () => {
    const { values } = valuesWith(100);
    const holder = {
      get read() {
        return 1;
      },
      set written(_: unknown) {},
      plain: 1,
      none: undefined,
    };
    assert.deepEqual(
      ['read', 'written', 'plain', 'none', 'missing'].map((key) =>
        values.snapshotProperty(holder, key),
      ),
      ['"[Getter]"', '"[Getter]"', '1', undefined, undefined],
    );
  });

  it('may be one string', () => {
    const { values } = valuesWith(100);
    assert.equal(values.redacted('a "b" https://u:p@h'), 'a "b" https://[redacted]@h');
    assert.equal(values.redacted({ a: 1 }), '{"a":1}');
    assert.equal(values.redacted(7), '7');
  });
});
