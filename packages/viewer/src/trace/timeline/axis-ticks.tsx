import type { ReactNode } from 'react';
import { type TimeRange, ticksOf } from '../steps/time-range.js';
import css from './steps-grid.module.css';

/** Some round times along the part of the axis that is shown. */
export function AxisTicks({ zoom }: { readonly zoom: TimeRange }): ReactNode {
  const [from, to] = zoom;
  return ticksOf(zoom).map(({ time, label }) => {
    const left = ((time - from) / (to - from)) * 100;
    return (
      <span
        key={time}
        className={css.tick}
        style={{ left: `${left}%` }}
        data-last={left > 85 || undefined}
      >
        {label}
      </span>
    );
  });
}
