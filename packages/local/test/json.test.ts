import assert from 'node:assert/strict';
import { jsonHead, toJson } from '../src/values/json.ts';

describe('the beginning of a JSON text', () => {
  it('is that of the whole text, at any length', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}1${']'.repeat(20_000)}`);
    const nested = { list: [1, 'two "three"\n', null, [], {}, { x: [true] }], none: undefined };
    for (const value of [nested, [nested, nested], 'text', 5, null, [], {}, deep]) {
      const whole = toJson(value);
      for (const length of [0, 1, 2, 5, 9, 20, 33, 60, 1000, 50_000]) {
        assert.equal(jsonHead(value, length), whole.slice(0, length));
      }
    }
  });
});
