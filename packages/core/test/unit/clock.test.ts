import assert from 'node:assert/strict';
import { elapsedSince, monotonicMs, wallClockMs } from '../../src/platform/clock.ts';

describe('a clock of the app', () => {
  const { now: systemNow } = Date;
  const { now: systemMonotonic } = performance;
  afterEach(() => {
    Date.now = systemNow;
    performance.now = systemMonotonic;
  });

  const wall = (now: () => unknown) => {
    Date.now = now as () => number;
    return wallClockMs();
  };
  const monotonic = (now: () => unknown) => {
    performance.now = now as () => number;
    return monotonicMs();
  };

  it('counts where it returns a time', () => {
    for (const now of [946_684_800_000, 99_999_999_999_999])
      assert.equal(
        wall(() => now),
        now,
      );
    assert.equal(
      wall(() => 1_700_000_000_000.9),
      1_700_000_000_000,
    );
    for (const now of [0, 1.5, 1e12])
      assert.equal(
        monotonic(() => now),
        now,
      );
  });

  for (const now of [946_684_799_999, 1e14, Number.NaN, '1700000000000', undefined]) {
    it(`is replaced by that of the system where it returns ${now}`, () => {
      const found = wall(() => now);
      assert.ok(Math.abs(found - systemNow()) < 10_000, String(found));
    });
  }
  for (const now of [-1, 1e12 + 1, Number.NaN, '5', undefined]) {
    it(`is replaced where it has run for ${now}`, () => {
      const found = monotonic(() => now);
      assert.ok(Math.abs(found - systemMonotonic.call(performance)) < 10_000, String(found));
    });
  }

  it('is replaced where it throws', () => {
    const failing = () => {
      throw new Error();
    };
    assert.ok(wall(failing) > 1e12 && monotonic(failing) >= 0);
  });

  it('that goes back has not moved', () => {
    performance.now = () => 5;
    assert.deepEqual([elapsedSince(2), elapsedSince(5), elapsedSince(9)], [3, 0, 0]);
  });
});
