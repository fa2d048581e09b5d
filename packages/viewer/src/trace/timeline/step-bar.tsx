/** The bar of a step, or of a group of steps, on the common axis. */

import type { ReactNode } from 'react';
import type { StepSummary } from '../../../../local/src/page-api.js';
import { UNKNOWN } from '../../format.js';
import { Icon } from '../../ui/icons.js';
import type { TimeRange } from '../steps/time-range.js';
import { hueOf } from '../steps/type-mark.js';
import css from './step-bar.module.css';

export function StepBar({
  step,
  zoom,
  isCritical,
}: {
  readonly step: StepSummary;
  readonly zoom: TimeRange;
  readonly isCritical: boolean | undefined;
}): ReactNode {
  const { start, duration, chunks, firstToken, isUnfinished, error } = step;
  if (start === null) {
    return (
      <span className={css.noTime} title="This step has no start time">
        {UNKNOWN}
      </span>
    );
  }
  const length = Math.max(0, duration ?? 0);
  const end = isUnfinished && duration === null ? Math.max(start, zoom[1]) : start + length;
  const isCutLeft = start < zoom[0];
  const isCutRight = end > zoom[1];
  if (end < zoom[0] || start > zoom[1]) {
    return (
      <span className={css.beyond} data-side={start > zoom[1] ? 'right' : 'left'}>
        <Icon name={start > zoom[1] ? 'right' : 'left'} />
      </span>
    );
  }
  const within = (time: number) => ((time - start) / Math.max(end - start, 0.001)) * 100;
  const first = firstToken === null ? undefined : start + firstToken;
  return (
    <div
      className={css.bar}
      style={{ ...placeOf(start, end, zoom), color: hueOf(step.type) }}
      data-critical={isCritical}
      data-unfinished={isUnfinished || undefined}
      data-failed={error !== null || undefined}
      data-skewed={(step.problem !== null && (isCutLeft || isCutRight)) || undefined}
    >
      {first !== undefined && length > 0 && (
        <div className={css.wait} style={{ width: `${Math.min(100, within(first))}%` }} />
      )}
      {chunks.length > 1 && length > 0 && (
        <svg
          className={css.ticks}
          viewBox="0 0 100 1"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path
            d={chunks.map((time) => `M${within(time).toFixed(2)} 0v1`).join('')}
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      )}
    </div>
  );
}

export function GroupBar({
  type,
  time: [from, to],
  zoom,
}: {
  readonly type: string;
  /** From the start of the first step to the end of the last. */
  readonly time: TimeRange;
  readonly zoom: TimeRange;
}): ReactNode {
  return (
    <div className={css.groupBar} style={{ ...placeOf(from, to, zoom), color: hueOf(type) }} />
  );
}

function placeOf(
  from: number,
  to: number,
  [begin, end]: TimeRange,
): { left: string; width: string } {
  const scale = 100 / (end - begin);
  const left = Math.max(0, Math.min(100, (from - begin) * scale));
  const right = Math.max(0, Math.min(100, (to - begin) * scale));
  return { left: `${left}%`, width: `max(2px, ${right - left}%)` };
}
