import assert from 'node:assert/strict';
import { limitedAttributes } from '../../src/export/rows/attribute-limits.ts';

const limits = { maxAttributes: 128, maxAttributeBytes: 64 };
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, i]));

describe('the limits of attributes', () => {
  it('let 128 attributes through and leave out further ones', () => {
    const all = limitedAttributes(many(128), limits);
    assert.deepEqual([Object.keys(all.attributes).length, all.dropped], [128, 0]);
    const more = limitedAttributes(many(129), limits);
    assert.equal(Object.keys(more.attributes).length + more.dropped, 129);
    assert.ok(Object.keys(more.attributes).length <= 128);
    assert.deepEqual(Object.keys(more.attributes).slice(0, 2), ['key-0', 'key-1']);
  });

  it('name the attributes that were cut, within the same limits', () => {
    for (const count of [3, 127, 128, 200]) {
      const { attributes, dropped } = limitedAttributes(
        { long: 'x'.repeat(65), ...many(count - 1) },
        limits,
      );
      assert.deepEqual(attributes['openlayer.cut_attributes'], ['long']);
      assert.ok(Object.keys(attributes).length <= 128);
      assert.equal(Object.keys(attributes).length - 1 + dropped, count);
    }
  });

  it('leave out what is no value of an attribute', () => {
    const odd = { a: Number.NaN, b: null, c: undefined, d: {}, e: [1], f: 1n, g: () => 1, ok: 1 };
    assert.deepEqual(limitedAttributes(odd, limits), { attributes: { ok: 1 }, dropped: 0 });
  });

  it('cut arrays of strings', () => {
    const items = Array.from({ length: 100 }, (_, i) => `item ${i}`);
    const { attributes } = limitedAttributes({ items, one: ['y'.repeat(100)], none: [] }, limits);
    const kept = attributes.items as readonly string[];
    assert.ok(kept.length > 3 && kept.join('').length <= 64);
    assert.deepEqual(attributes.one, [`${'y'.repeat(61)}…`]);
    assert.deepEqual(attributes.none, []);
  });

  it('keep JSON valid, whatever its form', () => {
    const values: readonly unknown[] = [
      { a: 'x'.repeat(1000) },
      Array.from({ length: 1000 }, (_, i) => i),
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a long key ${i}`, i])),
      [[[['z'.repeat(500)]]]],
      { ['k'.repeat(500)]: 1 },
      [{ role: 'user', parts: [{ type: 'text', content: '🙂'.repeat(300) }] }],
    ];
    for (const value of values) {
      for (const maxAttributeBytes of [64, 65, 100, 400]) {
        const text = JSON.stringify(value);
        const { attributes } = limitedAttributes({ text }, { ...limits, maxAttributeBytes });
        const cut = String(attributes.text);
        assert.ok(Buffer.byteLength(cut) <= maxAttributeBytes, cut);
        assert.equal(Array.isArray(JSON.parse(cut)), Array.isArray(value));
        assert.equal(cut, cut.toWellFormed());
      }
    }
  });

  it('cut text that only looks like JSON as text', () => {
    const text = `[${'not json'.repeat(20)}`;
    const { attributes } = limitedAttributes({ text }, limits);
    assert.equal(attributes.text, `${text.slice(0, 61)}…`);
  });
});
