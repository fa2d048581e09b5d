/** Requests over time: completed, aborted and failed. Dragging over a part of it sets the range. */

import { useQuery } from '@tanstack/react-query';
import { memo, type ReactNode, useRef } from 'react';
import type { OverviewBucket } from '../../../local/src/page-api.js';
import { formatCount, formatDuration, formatExactTime, formatTime, plural } from '../format.js';
import { partsOf, sumOf } from '../reading/measures.js';
import { type LoadedOverview, overviewQuery } from '../server/queries.js';
import { useClock } from '../state/clock.js';
import { filtersOf, type PageState, partOf } from '../state/page-state.js';
import { useChangePageState } from '../state/use-page-state.js';
import { type Range, useDragRange } from '../ui/controls/use-drag-range.js';
import { OldData } from '../ui/layout/old-data.js';
import css from './requests-over-time.module.css';

const HEIGHT = 36;

export function RequestsOverTime({ state }: { readonly state: PageState }): ReactNode {
  const { data, isPlaceholderData, isError } = useQuery(overviewQuery(filtersOf(state), 'route'));
  if (data === undefined) {
    return (
      <div className={css.strip}>
        {isError && <span className={css.from}>The requests over time could not be loaded</span>}
      </div>
    );
  }
  // Nothing has arrived, or nothing matches.
  if (data.buckets.length === 0) return <div />;
  return (
    <OldData isOld={isPlaceholderData}>
      <Strip data={data} />
    </OldData>
  );
}

/** Not drawn again for each page of the list. */
const Strip = memo(function Strip({
  data: { buckets, bucketMs, range: filtered },
}: {
  readonly data: LoadedOverview;
}): ReactNode {
  const change = useChangePageState();
  const clock = useClock();
  const box = useRef<HTMLDivElement>(null);
  const [from, to] = axisOf(buckets, bucketMs);
  const most = Math.max(1, ...buckets.map(({ requests }) => requests));
  const x = (time: number) => ((time - from) / (to - from)) * 100;
  const width = Math.max(0.15, (bucketMs / (to - from)) * 100 - 0.08);
  const timeAt = (clientX: number) => {
    const area = box.current?.getBoundingClientRect();
    const part = area === undefined ? 0 : (clientX - area.left) / area.width;
    const time = from + Math.max(0, Math.min(1, part)) * (to - from);
    return Math.round(time / bucketMs) * bucketMs;
  };
  const { range, handlers } = useDragRange(timeAt, ([begin, end]) => {
    if (end > begin) change(partOf(filtered, [begin, end]));
  });
  const total = sumOf(buckets, ({ requests }) => requests) ?? 0;
  const failed = sumOf(buckets, ({ errors }) => errors);
  const start = formatTime(from, clock.now, { ...clock, style: 'absolute' }).replace(/\.\d+$/, '');
  return (
    <div
      ref={box}
      className={css.strip}
      role="img"
      aria-label={`${plural(total, 'request')}, ${formatCount(failed)} failed, from ${formatExactTime(from, clock.zone)} to ${formatExactTime(to, clock.zone)}`}
      title="Drag to select a range of time"
      {...handlers}
    >
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {buckets.map((bucket) => (
          <Bar key={bucket.from} bucket={bucket} most={most} x={x(bucket.from)} width={width} />
        ))}
        {range !== undefined && (
          <rect
            x={x(range[0])}
            width={x(range[1]) - x(range[0])}
            y="0"
            height={HEIGHT}
            className={css.brush}
          />
        )}
      </svg>
      <span className={css.from}>
        {`since ${start}; peak: ${formatCount(most)} in ${formatDuration(bucketMs)}`}
      </span>
    </div>
  );
});

/** The requests of one bucket: completed ones below, then aborted ones, then failed ones. */
function Bar({
  bucket,
  most,
  x,
  width,
}: {
  readonly bucket: OverviewBucket;
  /** Requests of the highest bar. */
  readonly most: number;
  readonly x: number;
  readonly width: number;
}): ReactNode {
  const { completed, aborted, failed } = partsOf(bucket);
  const y = (count: number) => (count / most) * (HEIGHT - 4);
  const part = (count: number, top: number, className: string | undefined) => (
    <rect x={x} width={width} y={HEIGHT - y(top)} height={y(count)} className={className} />
  );
  return (
    <g>
      {part(completed, completed, css.good)}
      {part(aborted, completed + aborted, css.aborts)}
      {part(failed, bucket.requests, css.errors)}
    </g>
  );
}

function axisOf(buckets: readonly OverviewBucket[], bucketMs: number): Range {
  const from = buckets[0]?.from ?? 0;
  return [from, (buckets.at(-1)?.from ?? from) + bucketMs];
}
