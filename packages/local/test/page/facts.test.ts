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

  it('are found by their numbers, whether or not some are missing', () => {
    for (const isMissing of [() => false, (n: number) => n > 20_000 && n % 7 === 0]) {
      const facts = new Facts();
      const numbers = Array.from({ length: 40_000 }, (_, i) => i + 5).filter((n) => !isMissing(n));
      for (const number of numbers) facts.add(number, PACKED);
      const there = new Set(numbers);
      for (let number = 0; number < 40_010; number += 1) {
        const [chunk, at] = facts.find(number);
        assert.equal(chunk?.numberAt(at), there.has(number) ? number : undefined);
      }
      assert.equal(facts.newest, numbers.at(-1));
    }
  });
});
