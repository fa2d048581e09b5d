/** How many characters a span is taken to hold. */

import assert from 'node:assert/strict';
import { charsOf, type SpanContent } from '../../src/spans/readable-span.ts';

type Events = SpanContent['events'];

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
