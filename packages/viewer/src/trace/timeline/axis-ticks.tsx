import type { ReactNode } from 'react';
import { type TimeRange, ticksOf } from '../steps/time-range.js';
import css from './steps-grid.module.css';

/** Some round times along the part of the axis that is shown. */
export function AxisTicks({ zoom }: { readonly zoom: TimeRange }): ReactNode {
  const [from, to] = zoom;
  const ticks = ticksOf(zoom);
  const step = (ticks[1]?.time ?? 1) - (ticks[0]?.time ?? 0);
  return ticks.map(({ time, label }) => {
    const left = ((time - from) / (to - from)) * 100;
    return (
      <span
        key={time}
        className={css.tick}
        style={{ left: `${left}%` }}
        data-last={left > 85 || undefined}
        data-second={(ticks.length > 3 && Math.round(time / step) % 2 !== 0) || undefined}
      >
        {label}
      </span>
    );
  });
}
