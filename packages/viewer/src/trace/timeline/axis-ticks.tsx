import type { ReactNode } from 'react';
import { formatDuration } from '../../format.js';
import type { TimeRange } from '../steps/time-range.js';
import css from './steps-grid.module.css';

/** Some round times along the part of the axis that is shown. */
export function AxisTicks({ zoom: [from, to] }: { readonly zoom: TimeRange }): ReactNode {
  const length = to - from;
  const rough = length / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? rough;
  const times: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to && times.length < 12; time += step) {
    times.push(time);
  }
  return times.map((time) => {
    const left = ((time - from) / length) * 100;
    return (
      <span
        key={time}
        className={css.tick}
        style={{ left: `${left}%` }}
        data-last={left > 85 || undefined}
      >
        {time === 0 ? '0' : formatDuration(time)}
      </span>
    );
  });
}
