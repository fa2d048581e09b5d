import assert from 'node:assert/strict';
import { AGES, parseWithUnit, SIZES, withUnit } from '../src/cli/units.ts';

describe('times and sizes of the command line', () => {
  it('are printed with their unit, also below a second and between two units', () => {
    for (const text of ['500ms', '90m', '7d', '36h']) {
      assert.equal(withUnit(parseWithUnit(text, AGES) ?? 0, AGES), text);
    }
    for (const text of ['1500B', '500MB', '2GB']) {
      assert.equal(withUnit(parseWithUnit(text, SIZES) ?? 0, SIZES), text);
    }
    assert.equal(withUnit(parseWithUnit('0.5s', AGES) ?? 0, AGES), '500ms');
    assert.equal(withUnit(parseWithUnit('1.5KB', SIZES) ?? 0, SIZES), '1500B');
  });
});
