/** Requests over time: completed, aborted and failed. Dragging over a part of it sets the range. */

import { useQuery } from '@tanstack/react-query';
import { type PointerEvent, type ReactNode, useRef, useState } from 'react';
import type { Overview } from '../../../local/src/page-api.js';
import { formatCount, formatDuration, formatExactTime, formatTime, plural } from '../format.js';
import { partsOf, sumOf } from '../reading/measures.js';
import { overviewQuery } from '../server/queries.js';
import { useClock } from '../state/clock.js';
import { filtersOf, type PageState } from '../state/page-state.js';
import { useChangePageState } from '../state/use-page-state.js';
import css from './requests-over-time.module.css';

const HEIGHT = 36;

export function RequestsOverTime({ state }: { readonly state: PageState }): ReactNode {
  const change = useChangePageState();
  const clock = useClock();
  const box = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<readonly [number, number]>();
  const { data } = useQuery(overviewQuery(filtersOf(state), 'route'));
  const axis = data && axisOf(data);
  if (data === undefined) return <div className={css.strip} />;
  // Nothing has arrived, or nothing matches.
  if (axis === undefined) return <div />;
  const [from, to] = axis;
  const most = Math.max(1, ...data.buckets.map(({ requests }) => requests));
  const x = (time: number) => ((time - from) / (to - from)) * 100;
  const y = (count: number) => (count / most) * (HEIGHT - 4);
  const width = Math.max(0.15, (data.bucketMs / (to - from)) * 100 - 0.08);
  const timeAt = (event: PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    const part = area === undefined ? 0 : (event.clientX - area.left) / area.width;
    const time = from + Math.max(0, Math.min(1, part)) * (to - from);
    return Math.round(time / data.bucketMs) * data.bucketMs;
  };
  const total = sumOf(data.buckets, ({ requests }) => requests) ?? 0;
  const failed = sumOf(data.buckets, ({ errors }) => errors);
  const chosen = drag && ([Math.min(...drag), Math.max(...drag)] as const);
  return (
    <div
      ref={box}
      className={css.strip}
      role="img"
      aria-label={`${plural(total, 'request')}, ${formatCount(failed)} failed, from ${formatExactTime(from, clock.zone)} to ${formatExactTime(to, clock.zone)}`}
      title="Drag to select a range of time"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([timeAt(event), timeAt(event)]);
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag([drag[0], timeAt(event)]);
      }}
      onPointerUp={() => {
        setDrag(undefined);
        if (chosen !== undefined && chosen[1] > chosen[0]) {
          change({ from: chosen[0], to: chosen[1], last: undefined });
        }
      }}
      onPointerCancel={() => setDrag(undefined)}
    >
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {data.buckets.map((bucket) => {
          const { from: begin } = bucket;
          const { completed, aborted, failed } = partsOf(bucket);
          return (
            <g key={begin}>
              <rect
                x={x(begin)}
                width={width}
                y={HEIGHT - y(completed)}
                height={y(completed)}
                className={css.good}
              />
              <rect
                x={x(begin)}
                width={width}
                y={HEIGHT - y(completed + aborted)}
                height={y(aborted)}
                className={css.aborts}
              />
              <rect
                x={x(begin)}
                width={width}
                y={HEIGHT - y(bucket.requests)}
                height={y(failed)}
                className={css.errors}
              />
            </g>
          );
        })}
        {chosen !== undefined && (
          <rect
            x={x(chosen[0])}
            width={x(chosen[1]) - x(chosen[0])}
            y="0"
            height={HEIGHT}
            className={css.brush}
          />
        )}
      </svg>
      <span className={css.from}>
        {`since ${formatTime(from, clock.now, { ...clock, style: 'absolute' }).replace(/\.\d+$/, '')}; peak: ${formatCount(most)} in ${formatDuration(data.bucketMs)}`}
      </span>
    </div>
  );
}

function axisOf({ buckets, bucketMs }: Overview): readonly [number, number] | undefined {
  const first = buckets[0];
  const last = buckets.at(-1);
  return first === undefined || last === undefined ? undefined : [first.from, last.from + bucketMs];
}
