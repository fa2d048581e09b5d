/** Numbers and times as the page shows them. */

import assert from 'node:assert/strict';
import {
  beginOf,
  cutMiddle,
  endOf,
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  formatExactTime,
  formatTime,
} from '../src/format.ts';

const NOON = Date.UTC(2026, 10, 29, 12, 0, 0, 5);

describe('a number on the page', () => {
  it('is a duration without decimals below a second, then with two, then in minutes', () => {
    const shown = [0, 0.25, 1, 999.4, 999.6, 1000, 59_990, 59_996, 61_000, 3_700_000, -5].map(
      formatDuration,
    );
    assert.deepEqual(shown, [
      ...['0 ms', '0.25 ms', '1 ms', '999 ms', '1.00 s', '1.00 s', '59.99 s', '1 min'],
      ...['1 min 1 s', '1 h 1 min', '-5 ms'],
    ]);
  });

  it('is a cost to four significant digits', () => {
    const edges = [0.99994, 0.99995, 0.999999, 0.099996, -0.99999, 1e-12].map(formatCost);
    assert.deepEqual(edges, ['$0.9999', '$1.00', '$1.00', '$0.1', '$-1.00', '$1e-12']);
    const shown = [0, 0.0000846, 0.00012345678, 0.5, 1.005, 12.3456, 1e-9].map(formatCost);
    assert.deepEqual(shown, [
      '$0',
      '$0.0000846',
      '$0.0001235',
      '$0.5',
      '$1.00',
      '$12.35',
      '$0.000000001',
    ]);
  });

  it('is a dash where it is not known, and never 0', () => {
    assert.deepEqual(
      [formatDuration(null), formatCount(undefined), formatCost(null)],
      ['–', '–', '–'],
    );
  });

  it('is a count with thin spaces, and bytes in their unit', () => {
    assert.equal(formatCount(1234567), '1\u2009234\u2009567');
    assert.deepEqual([12, 999, 1000, 999_499, 4_200_000].map(formatBytes), [
      '12 B',
      '999 B',
      '1.00 KB',
      '999 KB',
      '4.20 MB',
    ]);
  });
});

describe('a time on the page', () => {
  const relative = { zone: 'utc', style: 'relative' } as const;
  const absolute = { zone: 'utc', style: 'absolute' } as const;

  it('is relative for an hour, then a clock, then a day', () => {
    const ages = [0, 4000, 61_000, 3_599_000, 3_600_000, 86_400_000, 400 * 86_400_000];
    assert.deepEqual(
      ages.map((age) => formatTime(NOON - age, NOON, relative)),
      [
        'now',
        '4 s ago',
        '1 min ago',
        '59 min ago',
        '11:00:00',
        '11-28 12:00:00',
        '2025-10-25 12:00:00',
      ],
    );
  });

  it('has milliseconds where it is absolute, and its zone where it is exact', () => {
    assert.equal(formatTime(NOON, NOON, absolute), '12:00:00.005');
    assert.equal(formatExactTime(NOON, 'utc'), '2026-11-29 12:00:00.005 UTC');
    assert.match(formatExactTime(NOON, 'local'), /^2026-11-\d\d \d\d:\d\d:00\.005 [+-]\d\d:\d\d$/);
  });

  it('is a clock if it lies in the future, and a dash if it is invalid', () => {
    assert.equal(formatTime(NOON + 60_000, NOON, relative), '12:01:00');
    assert.equal(formatTime(8.7e15, NOON, relative), '–');
  });
});

describe('a long name', () => {
  it('is cut in its middle, between characters', () => {
    assert.equal(cutMiddle('abcdefghij', 10), 'abcdefghij');
    assert.equal(cutMiddle('abcdefghijk', 7), 'abc…ijk');
    assert.equal(cutMiddle(`ab${'😀'.repeat(9)}`, 6).isWellFormed(), true);
  });
});

describe('a text that is cut', () => {
  for (const { title, cut, expected } of [
    { title: 'ends before an emoji that does not fit', cut: beginOf('ab😀c', 3), expected: 'ab' },
    { title: 'ends with an emoji that fits', cut: beginOf('ab😀c', 4), expected: 'ab😀' },
    { title: 'stays if it fits', cut: beginOf('ab\ud83d', 3), expected: 'ab\ud83d' },
    { title: 'begins after an emoji that does not fit', cut: endOf('c😀ab', 3), expected: 'ab' },
    { title: 'begins with an emoji that fits', cut: endOf('c😀ab', 4), expected: '😀ab' },
    { title: 'has no halves at its middle', cut: cutMiddle('a😀bcd😀e', 6), expected: 'a…e' },
  ]) {
    it(title, () => {
      assert.equal(cut, expected);
    });
  }
});
