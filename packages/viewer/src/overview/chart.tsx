/** A chart over time, drawn by uPlot. A table has the same values. */

import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Overview, OverviewBucket } from '../../../local/src/page-api.js';
import { formatExactTime, type Zone } from '../format.js';
import { useClock } from '../state/clock.js';
import { useTheme } from '../state/use-theme.js';
import { colorReader } from '../ui/color-reader.js';
import popup from '../ui/styles/popup.module.css';
import css from './chart.module.css';

const HEIGHT = 150;

/** One line or bar of a chart. Bars of one chart stand on each other, in this order from below. */
export interface Series {
  readonly label: string;
  /** Name of a custom property of the theme. */
  readonly hue: string;
  readonly kind: 'bars' | 'line';
  readonly read: (bucket: OverviewBucket) => number | null | undefined;
}

/** Steps between the labels of an axis of counts: a fraction would be rounded. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

interface ChartProps {
  readonly title: string;
  /** Whether the values are counts. */
  readonly isWhole: boolean;
  readonly format: (value: number | null | undefined) => string;
  readonly series: readonly Series[];
  readonly data: Overview;
  readonly onBucket: (bucket: OverviewBucket) => void;
}

export default function Chart({
  title,
  isWhole,
  format,
  series,
  data,
  onBucket,
}: ChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const { zone } = useClock();
  const [place, setPlace] = useState<number>();
  /** When the chosen bucket begins: its place changes while data are loaded again. */
  const chosen = useRef<number>(undefined);
  const [width, setWidth] = useState(0);
  const plotted = useRef<uPlot>(undefined);
  const latest = useRef({ data, onBucket });
  latest.current = { data, onBucket };

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours.
  useEffect(() => {
    const element = box.current;
    if (element === null || width === 0) return;
    const read = colorReader(element);
    const color = (name: string) => read(`var(${name})`);
    const values = stacked(series, data.buckets);
    let isReady = false;
    const plot = new uPlot(
      {
        width,
        height: HEIGHT,
        tzDate: (seconds) =>
          zone === 'utc'
            ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC')
            : new Date(seconds * 1000),
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          // The last bar is as wide as the others.
          x: { time: true, range: (_plot, min, max) => [min, max + data.bucketMs / 1000] },
          y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          {
            stroke: color('--muted'),
            grid: { show: false },
            ticks: { stroke: color('--border'), size: 4 },
            size: 22,
            space: 70,
            values: (_plot, splits) => splits.map((split) => axisTime(split * 1000, zone)),
            font: '11px system-ui',
          },
          {
            stroke: color('--muted'),
            grid: { stroke: color('--border'), width: 1 },
            ticks: { show: false },
            ...(isWhole && { incrs: WHOLE_STEPS }),
            size: 62,
            font: '11px system-ui',
            values: (_plot, splits) => splits.map((split) => format(split)),
          },
        ],
        // Upper bars are drawn first, so that the bars below cover their lower part.
        series: [
          {},
          ...[...series].reverse().map((each) => ({
            label: each.label,
            stroke: color(each.hue),
            width: each.kind === 'bars' ? 0 : 1.5,
            spanGaps: false,
            points: { show: each.kind === 'line' && data.buckets.length < 60, size: 4 },
            ...(each.kind === 'bars' && {
              fill: color(each.hue),
              paths: uPlot.paths.bars?.({ size: [0.8, 40], align: 1 }) ?? null,
            }),
          })),
        ],
        hooks: {
          ready: [
            (drawn) => {
              isReady = true;
              const next = placeOf(chosen.current, data);
              setPlace(next);
              const from = next === undefined ? undefined : data.buckets[next]?.from;
              if (from !== undefined) {
                drawn.setCursor({ left: drawn.valToPos(from / 1000, 'x'), top: 0 });
              }
            },
          ],
          setCursor: [
            ({ cursor }) => {
              if (!isReady) return;
              chosen.current = data.buckets[cursor.idx ?? -1]?.from;
              setPlace(cursor.idx ?? undefined);
            },
          ],
        },
      } as uPlot.Options,
      [data.buckets.map(({ from }) => from / 1000), ...values.reverse()] as uPlot.AlignedData,
      element,
    );
    plotted.current = plot;
    const onClick = () => {
      const bucket = latest.current.data.buckets[plot.cursor.idx ?? -1];
      if (bucket !== undefined) latest.current.onBucket(bucket);
    };
    plot.over.addEventListener('click', onClick);
    return () => {
      plot.over.removeEventListener('click', onClick);
      plot.destroy();
      plotted.current = undefined;
    };
  }, [data, series, width, theme, zone, format, isWhole]);

  const bucket = place === undefined ? undefined : data.buckets[place];
  const go = (to: number) => {
    const next = Math.max(0, Math.min(data.buckets.length - 1, to));
    const plot = plotted.current;
    const from = data.buckets[next]?.from;
    if (plot === undefined || from === undefined) return;
    plot.setCursor({ left: plot.valToPos(from / 1000, 'x'), top: 0 });
    chosen.current = from;
    setPlace(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const last = data.buckets.length - 1;
    if (event.key === 'ArrowRight') go(place === undefined ? 0 : place + 1);
    else if (event.key === 'ArrowLeft') go(place === undefined ? last : place - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(last);
    else if (event.key === 'Enter' && bucket !== undefined) onBucket(bucket);
    else return;
    event.preventDefault();
  };
  const leave = () => {
    plotted.current?.setCursor({ left: -10, top: -10 });
    chosen.current = undefined;
    setPlace(undefined);
  };
  return (
    <div className={css.chart}>
      <div
        ref={box}
        className={css.plot}
        role="slider"
        tabIndex={0}
        aria-label={`${title} over time; Enter opens the requests, and the table below has the numbers`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, data.buckets.length - 1)}
        aria-valuenow={place ?? 0}
        aria-valuetext={
          bucket === undefined
            ? 'no time chosen'
            : [
                formatExactTime(bucket.from, zone).replace(/\.\d+ .*$/, ''),
                ...series.map(({ label, read }) => `${label} ${format(read(bucket))}`),
              ].join(', ')
        }
        onKeyDown={onKeyDown}
        onBlur={leave}
      />
      {bucket !== undefined && (
        <div
          className={`${popup.raised} ${css.tip}`}
          data-side={(place ?? 0) > data.buckets.length / 2 ? 'left' : 'right'}
        >
          <div>{formatExactTime(bucket.from, zone).replace(/\.\d+ .*$/, '')}</div>
          {series.map(({ label, read }) => (
            <div key={label}>
              {label} {format(read(bucket))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** The place of the bucket that has a time; undefined for none. */
function placeOf(time: number | undefined, { buckets, bucketMs }: Overview): number | undefined {
  if (time === undefined) return undefined;
  const place = buckets.findIndex(({ from }) => from <= time && time < from + bucketMs);
  return place < 0 ? undefined : place;
}

/** A label with the time; at midnight with the day. */
function axisTime(time: number, zone: Zone): string {
  const [day = '', clock = ''] = formatExactTime(time, zone).split(' ');
  return clock.startsWith('00:00') ? day.slice(5) : clock.slice(0, 5);
}

/** Adds to each bar the bars below it. */
function stacked(
  series: readonly Series[],
  buckets: readonly OverviewBucket[],
): (number | null)[][] {
  const below = buckets.map(() => 0);
  return series.map(({ kind, read }) =>
    buckets.map((bucket, place) => {
      const value = read(bucket) ?? null;
      if (kind === 'line') return value;
      below[place] = (below[place] ?? 0) + (value ?? 0);
      return below[place] ?? 0;
    }),
  );
}
