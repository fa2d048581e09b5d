/** The bar of a step, or of a group of steps, on the common axis. */

import type { ReactNode } from 'react';
import type { StepSummary } from '../../../../local/src/page-api.js';
import { formatDuration, UNKNOWN } from '../../format.js';
import { Icon } from '../../ui/icons.js';
import { type BarPlace, barPlace } from '../steps/bar-place.js';
import type { TimeRange } from '../steps/time-range.js';
import { hueOf } from '../steps/type-mark.js';
import css from './step-bar.module.css';

export function StepBar({
  step,
  zoom,
  isCritical,
  firstByte,
}: {
  readonly step: StepSummary;
  readonly zoom: TimeRange;
  readonly isCritical: boolean | undefined;
  /** When the response began, in milliseconds from the start of the trace; null if unknown. */
  readonly firstByte: number | null;
}): ReactNode {
  const { start, duration, chunks, firstToken, isUnfinished, error } = step;
  if (start === null) {
    return (
      <span className={css.noTime} title="This step has no start time">
        {UNKNOWN}
      </span>
    );
  }
  const isOpen = isUnfinished && duration === null;
  const end = isOpen ? Math.max(start, zoom[1]) : start + Math.max(0, duration ?? 0);
  const place = barPlace([start, end], zoom);
  if (typeof place === 'string') return <Beyond side={place} />;
  const { within, isCutLeft, isCutRight } = place;
  const isShown = (percent: number) => percent >= 0 && percent <= 100;
  const wait = firstToken === null || end <= start ? 0 : within(start + firstToken);
  const ticks = chunks.length > 1 && end > start ? chunks.map(within).filter(isShown) : [];
  const byte = firstByte === null ? -1 : within(firstByte);
  return (
    <div
      className={css.bar}
      style={{ ...styleOf(place), color: hueOf(step.type) }}
      data-critical={isCritical}
      data-unfinished={isUnfinished || undefined}
      data-failed={error !== null || undefined}
      data-skewed={(step.problem !== null && (isCutLeft || isCutRight)) || undefined}
    >
      {wait > 0 && <div className={css.wait} style={{ width: `${Math.min(100, wait)}%` }} />}
      {isShown(byte) && (
        <div
          className={css.firstByte}
          style={{ left: `${byte}%` }}
          title={`First byte after ${formatDuration(firstByte)}`}
        />
      )}
      {ticks.length > 0 && (
        <svg
          className={css.ticks}
          viewBox="0 0 100 1"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path
            d={ticks.map((percent) => `M${percent.toFixed(2)} 0v1`).join('')}
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      )}
    </div>
  );
}

export function GroupBar({
  type,
  time,
  zoom,
}: {
  readonly type: string;
  /** From the start of the first step to the end of the last. */
  readonly time: TimeRange;
  readonly zoom: TimeRange;
}): ReactNode {
  const place = barPlace(time, zoom);
  if (typeof place === 'string') return <Beyond side={place} />;
  return <div className={css.groupBar} style={{ ...styleOf(place), color: hueOf(type) }} />;
}

/** Stands for a bar beyond the part of the axis that is shown. */
function Beyond({ side }: { readonly side: 'left' | 'right' }): ReactNode {
  return (
    <span className={css.beyond} data-side={side}>
      <Icon name={side} />
    </span>
  );
}

function styleOf({ left, width }: BarPlace): { readonly left: string; readonly width: string } {
  return { left: `${left}%`, width: `max(2px, ${width}%)` };
}
