import assert from 'node:assert/strict';
import { JsonMembers } from '../../src/values/json/json-members.ts';
import { jsonOf, quote, quoteName } from '../../src/values/json/json-text.ts';
import { integerText, roundedText, thousandthsText } from '../../src/values/json/number-text.ts';
import { cutTo, wellFormed, withoutHalf } from '../../src/values/text/well-formed.ts';

describe('JSON text', () => {
  for (const text of ['', 'plain', 'a "b" \\ c', 'line\nline', '\u0000\u001f', 'ä😀', '\u2028']) {
    it(`of a string is what JSON.stringify makes of it: ${JSON.stringify(text)}`, () => {
      assert.equal(quote(text), JSON.stringify(text));
      assert.equal(quoteName(text), JSON.stringify(text));
      assert.equal(quoteName(text), JSON.stringify(text));
    });
  }

  it('of a string with half a character is well-formed', () => {
    assert.equal(quote('a\udc00b'), '"a\ufffdb"');
  });

  const value = { a: [1, 'x', null, true, false, []], b: { c: {} }, 'd"': -1.5e300 };
  it('of a value is what JSON.stringify makes of it', () => {
    assert.equal(jsonOf(value), JSON.stringify(value));
    assert.equal(jsonOf({ a: undefined, b: 1 }), '{"b":1}');
    assert.equal(jsonOf([Number.NaN, undefined]), '[null,null]');
  });

  it('of a number to three decimals has no more, and no zeros behind', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, '0'],
      [1, '1'],
      [1.5, '1.5'],
      [0.001, '0.001'],
      [0.0004, '0'],
      [0.0005, '0.001'],
      [12.34, '12.34'],
      [999.9999, '1000'],
      [-1, '0'],
      [Number.NaN, '0'],
    ];
    for (const [number, text] of cases) assert.equal(roundedText(number), text);
    assert.match(roundedText(1e300), /^9007199254740\.99/);
    assert.equal(thousandthsText(1_700_000_000_123), '1700000000.123');
    assert.equal(thousandthsText(1_700_000_000_100), '1700000000.1');
    assert.equal(thousandthsText(1000), '1');
  });

  it('of whole numbers is theirs, one after the other', () => {
    for (const number of [0, 7, 999, 1000, 1001, 1_700_000_000_005, 1_700_000_000_999, 5000, 12]) {
      assert.equal(integerText(number), String(number));
    }
  });
});

describe('members', () => {
  it('are kept in order, each key once', () => {
    const members = new JsonMembers();
    members.set('b', '1');
    members.set('a', '2');
    members.set('b', '3');
    assert.equal(members.toText(), '"b":3,"a":2');
    assert.deepEqual([members.size, members.has('a'), members.has('c')], [2, true, false]);
    assert.deepEqual([members.get('b'), members.get('a'), members.get('c')], ['3', '2', undefined]);
    assert.equal(new JsonMembers().toText(), '');
  });

  it('loses a member that is deleted, and no other object does that shares its keys', () => {
    const members = new JsonMembers(['a', 'b'], ['1', '2']);
    const keys = members.keys;
    members.deleteMember('a');
    members.deleteMember('c');
    assert.deepEqual([members.toText(), keys], ['"b":2', ['a', 'b']]);
    members.set('c', '3');
    assert.equal(members.toText(), '"b":2,"c":3');
  });

  it('may share their keys until one is added', () => {
    const keys = ['a'];
    const [one, other] = [new JsonMembers(keys, ['1']), new JsonMembers(keys, ['2'])];
    one.set('a', '3');
    one.set('b', '4');
    one.set('c', '5');
    assert.deepEqual([one.toText(), other.toText()], ['"a":3,"b":4,"c":5', '"a":2']);
    assert.deepEqual(keys, ['a']);
  });
});

describe('a text that is cut', () => {
  it('is the whole text up to its limit, and ends in no half of a character', () => {
    assert.equal(cutTo('abc', 3), 'abc');
    assert.equal(cutTo('abcd', 3), 'abc');
    assert.equal(cutTo('ab😀', 3), 'ab');
    assert.equal(cutTo('ab😀', 4), 'ab😀');
    assert.equal(cutTo('a\ud800', 2), 'a\ud800');
    assert.equal(withoutHalf('a\ud800'), 'a');
    assert.equal(withoutHalf('a\udbff'), 'a');
    assert.equal(withoutHalf('a\udc00'), 'a\udc00');
    assert.equal(withoutHalf(''), '');
    assert.equal(wellFormed('a\ud800b'), 'a\ufffdb');
    assert.equal(wellFormed('a😀'), 'a😀');
  });
});
