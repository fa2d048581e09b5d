/** How many characters a span is taken to hold, and its links. */

import assert from 'node:assert/strict';
import { eventsOf, isBare, linksOf, type SpanDetails } from '../../src/spans/readable-span.ts';
import { charsOf } from '../../src/spans/span-chars.ts';

type Events = SpanDetails['events'];

const charsIn = (attributes: Readonly<Record<string, unknown>>, events: Events = []): number =>
  charsOf({ attributes, events });

describe('the characters of a span', () => {
  it('are those of its attributes and events, also in arrays and objects', () => {
    const text = 'x'.repeat(1000);
    const event = { name: 'choice', time: [0, 0] as const, attributes: { text } };
    for (const chars of [
      charsIn({ text }),
      charsIn({ list: [text] }),
      charsIn({ list: [[{ text }]] }),
      charsIn({}, [event]),
    ]) {
      assert.ok(chars >= 1000 && chars < 1100, String(chars));
    }
    assert.equal(charsIn({ numbers: [1, 2] }), charsIn({ bytes: new Uint8Array(16) }));
  });

  it('are infinite for what is too deep or too much to count', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const halves = { a: Array(15_000).fill('a'), b: Array(15_000).fill('b') };
    const events = Array.from({ length: 30_000 }, () => ({ name: 'e', time: [0, 0] as const }));
    for (const chars of [charsIn({ circle }), charsIn(halves), charsIn({}, events)]) {
      assert.equal(chars, Number.POSITIVE_INFINITY);
    }
    assert.ok(Number.isFinite(charsIn({ a: halves.a })));
  });

  it('are not counted one by one in an array that is too long', () => {
    let reads = 0;
    const list = new Proxy(Array(1_000_000).fill('a'), {
      get(target, key, self) {
        reads++;
        return Reflect.get(target, key, self);
      },
      ownKeys: () => assert.fail('the keys were listed'),
    });
    assert.equal(charsIn({ list }), Number.POSITIVE_INFINITY);
    assert.ok(reads < 10, String(reads));
  });
});

describe('the links of a span', () => {
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const good = { context: ids, attributes: { a: 1 } };

  /** The SDKs take any value from the app. */
  const CASES: readonly (readonly [what: string, links: unknown, read: readonly unknown[]])[] = [
    ['that are none', [], []],
    ['that are undefined', undefined, []],
    ['that are null', null, []],
    ['with a link without a context', [{}, good], [{ ...ids, attributes: { a: 1 } }]],
    ['with a link to undefined', [{ context: undefined }, { context: ids }], [ids]],
    ['with a link to null', [{ context: null }, { context: ids }], [ids]],
    ['with null as a link', [null, undefined, 7, 'text', { context: ids }], [ids]],
    [
      'with ids that are no strings',
      [{ context: { traceId: 1, spanId: 2 } }, { context: { traceId: ids.traceId } }],
      [],
    ],
    ['with attributes that are null', [{ context: ids, attributes: null }], [ids]],
    ['with 40 of them', Array(40).fill({ context: ids }), Array(32).fill(ids)],
    ['with 40 before them', [...Array(40).fill({}), { context: ids }], [ids]],
  ];
  for (const [what, links, read] of CASES) {
    it(`are those that are links: a span ${what}`, () => {
      const details = { attributes: {}, events: [], links } as unknown as SpanDetails;
      assert.deepEqual(linksOf(details), read);
      assert.ok(Number.isFinite(charsOf(details)));
      const status = { status: { code: 0 } } as Parameters<typeof isBare>[0];
      if (read.length > 0) assert.equal(isBare(status, details), false);
    });
  }

  it('may be beside attributes of an event, or of the span, that are null', () => {
    const events = [{ name: 'e', time: [1, 0], attributes: null }];
    const details = { attributes: null, events } as unknown as SpanDetails;
    assert.deepEqual(eventsOf(details), [{ name: 'e', timeMs: 1000, attributes: {} }]);
    assert.ok(Number.isFinite(charsOf(details)));
  });
});
