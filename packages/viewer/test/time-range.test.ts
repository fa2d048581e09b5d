/** Parts of the axis of a trace, and the times along it. */

import assert from 'node:assert/strict';
import { isWhole, moved, type TimeRange, ticksOf, zoomed } from '../src/trace/steps/time-range.ts';

describe('the ticks of an axis', () => {
  for (const [range, labels] of [
    [
      [0, 1.6],
      ['0', '0.5 ms', '1.0 ms', '1.5 ms'],
    ],
    [
      [0, 0.04],
      ['0', '0.01 ms', '0.02 ms', '0.03 ms', '0.04 ms'],
    ],
    [
      [0, 400],
      ['0', '100 ms', '200 ms', '300 ms', '400 ms'],
    ],
    [
      [900, 1100],
      ['900 ms', '950 ms', '1.00 s', '1.05 s', '1.10 s'],
    ],
    [
      [3000, 3020],
      ['3.000 s', '3.005 s', '3.010 s', '3.015 s', '3.020 s'],
    ],
    [
      [0, 4000],
      ['0', '1 s', '2 s', '3 s', '4 s'],
    ],
    [
      [-20, 20],
      ['-20 ms', '-10 ms', '0', '10 ms', '20 ms'],
    ],
    [
      [50_000, 70_000],
      ['50 s', '55 s', '1 min', '1 min 5 s', '1 min 10 s'],
    ],
    [
      [65_000, 65_002],
      ['65.0000 s', '65.0005 s', '65.0010 s', '65.0015 s', '65.0020 s'],
    ],
    [
      [3_600_000, 3_620_000],
      ['3600 s', '3605 s', '3610 s', '3615 s', '3620 s'],
    ],
  ] as const) {
    it(`from ${range[0]} to ${range[1]} ms have different labels: ${labels[1]}`, () => {
      assert.deepEqual(
        ticksOf(range).map(({ label }) => label),
        labels,
      );
    });
  }
});

describe('a part of an axis', () => {
  const axis: TimeRange = [-0.1, 1234.567];
  const whole = (axis[0] + axis[1]) / 2;

  for (const { title, part, is } of [
    { title: 'the axis', part: axis, is: true },
    { title: 'zoomed out as far as it goes', part: zoomed([3, 900], axis, 50, 7.7), is: true },
    { title: 'the axis, moved along itself', part: moved(axis, axis, 300), is: true },
    {
      title: 'zoomed in and out again',
      part: zoomed(zoomed(axis, axis, 0.3, 5), axis, 9, 99),
      is: true,
    },
    { title: 'a little less', part: zoomed(axis, axis, 0.999, whole), is: false },
  ]) {
    it(`is ${is ? 'the whole' : 'not the whole'}: ${title}`, () => {
      assert.equal(isWhole(part, axis), is);
    });
  }
});
