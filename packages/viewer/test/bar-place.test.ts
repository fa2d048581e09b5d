/** Bars on the axis of a trace, whole and cut. */

import assert from 'node:assert/strict';
import { barPlace } from '../src/trace/steps/bar-place.ts';
import type { TimeRange } from '../src/trace/steps/time-range.ts';

describe('a bar', () => {
  const bars: readonly TimeRange[] = [
    [0, 1000],
    [-300, 400],
    [700, 5000],
    [480, 520],
    [500, 500],
  ];
  const zooms: readonly TimeRange[] = [
    [0, 1000],
    [500, 1000],
    [0, 510],
    [490, 515],
    [-400, 6000],
  ];

  it('shows each time within it where the axis has that time, however it is cut', () => {
    let compared = 0;
    for (const bar of bars) {
      for (const zoom of zooms) {
        const place = barPlace(bar, zoom);
        if (typeof place === 'string') continue;
        const { left, width, within } = place;
        assert.ok(left >= 0 && width >= 0 && left + width <= 100 + 1e-9, `${bar} in ${zoom}`);
        for (const time of [200, 495, 500, 505, 750, 900]) {
          const inBar = within(time);
          const isShown = time >= Math.max(bar[0], zoom[0]) && time <= Math.min(bar[1], zoom[1]);
          assert.equal(
            inBar >= -1e-9 && inBar <= 100 + 1e-9,
            isShown,
            `${time} of ${bar} in ${zoom}`,
          );
          if (!isShown || width === 0) continue;
          const onAxis = zoom[0] + ((left + (width * inBar) / 100) / 100) * (zoom[1] - zoom[0]);
          assert.ok(
            Math.abs(onAxis - time) < 1e-6,
            `${time} of ${bar} stands at ${onAxis} in ${zoom}`,
          );
          compared++;
        }
      }
    }
    assert.ok(compared > 30);
  });

  it('lies on a side of the part that is shown, or touches it', () => {
    assert.equal(barPlace([0, 99], [100, 200]), 'left');
    assert.equal(barPlace([201, 300], [100, 200]), 'right');
    for (const touching of [
      [0, 100],
      [200, 300],
    ] as const) {
      assert.equal(typeof barPlace(touching, [100, 200]), 'object');
    }
  });
});
