import assert from 'node:assert/strict';
import { Facts } from '../../src/trace-index/facts/facts.ts';

const PACKED = new DataView(new ArrayBuffer(200));

describe('the facts in memory', () => {
  it('are scanned chunk by chunk to the end, although the oldest chunks are removed meanwhile', () => {
    const facts = new Facts();
    for (let number = 1; number <= 50_000; number += 1) facts.add(number, PACKED);
    const scanned: number[] = [];
    for (const chunk of facts.chunks) {
      scanned.push(chunk.firstNumber);
      facts.removeUpTo(chunk.lastNumber);
    }
    assert.deepEqual(scanned, [1, 16_385, 32_769, 49_153]);
  });
});
