/** Requests over time, and by route or model. A click leads to the requests behind a bar or a row. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useMemo } from 'react';
import type { Measures, Overview, OverviewBucket } from '../../../local/src/page-api.js';
import { formatCost, formatCount, formatDuration, formatTime, plural } from '../format.js';
import { partsOf, sumOf } from '../reading/measures.js';
import { api } from '../server/api.js';
import { ApiError } from '../server/api-error.js';
import { useClock } from '../state/clock.js';
import { clockOf, listKey, listQueryOf, type PageState } from '../state/page-state.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Empty, Failure, Loading } from '../ui/states.js';
import { OneLine } from '../ui/visible-text.js';
import type { Series } from './chart.js';
import css from './overview-page.module.css';

const Chart = lazy(() => import('./chart.js'));

interface ChartSpec {
  readonly title: string;
  readonly format: (value: number | null | undefined) => string;
  readonly series: readonly Series[];
}

const CHARTS: readonly ChartSpec[] = [
  {
    title: 'Requests',
    format: formatCount,
    series: [
      {
        label: 'completed',
        hue: '--border-strong',
        kind: 'bars',
        read: (bucket) => partsOf(bucket).completed,
      },
      {
        label: 'aborted',
        hue: '--warn',
        kind: 'bars',
        read: (bucket) => partsOf(bucket).aborted,
      },
      { label: 'failed', hue: '--bad', kind: 'bars', read: (bucket) => partsOf(bucket).failed },
    ],
  },
  {
    title: 'Latency',
    format: formatDuration,
    series: [
      { label: 'p50', hue: '--retriever', kind: 'line', read: ({ p50 }) => p50 },
      { label: 'p95', hue: '--tool', kind: 'line', read: ({ p95 }) => p95 },
      { label: 'p99', hue: '--guardrail', kind: 'line', read: ({ p99 }) => p99 },
    ],
  },
  {
    title: 'Time to first token',
    format: formatDuration,
    series: [
      {
        label: 'p50',
        hue: '--retriever',
        kind: 'line',
        read: ({ firstTokenP50 }) => firstTokenP50,
      },
      { label: 'p95', hue: '--tool', kind: 'line', read: ({ firstTokenP95 }) => firstTokenP95 },
    ],
  },
  {
    title: 'Tokens',
    format: formatCount,
    series: [
      { label: 'in', hue: '--embedding', kind: 'bars', read: ({ promptTokens }) => promptTokens },
      {
        label: 'out',
        hue: '--chat_completion',
        kind: 'bars',
        read: ({ completionTokens }) => completionTokens,
      },
    ],
  },
  {
    title: 'Cost',
    format: formatCost,
    series: [{ label: 'dollars', hue: '--agent', kind: 'bars', read: ({ cost }) => cost }],
  },
  {
    title: 'Tokens wasted after the client left',
    format: formatCount,
    series: [
      {
        label: 'tokens out',
        hue: '--warn',
        kind: 'bars',
        read: ({ wastedTokens }) => wastedTokens,
      },
    ],
  },
];

export function OverviewPage(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const navigate = useNavigate();
  const by = state.by ?? 'route';
  const { sort: _sort, order: _order, ...filter } = listQueryOf(state);
  const query = useQuery({
    queryKey: ['overview', listKey(filter), by],
    queryFn: ({ signal }) => api.overview(filter, by, signal),
    refetchInterval: () => (document.hidden ? false : 10_000),
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    document.title = 'Overview';
  }, []);
  const openRequests = (more: PageState) => {
    const search = (before: PageState) => ({ ...listQueryOf(before), ...clockOf(before), ...more });
    navigate({ to: '/requests', search: search as never }).catch(() => undefined);
  };
  const { data } = query;
  const isSignedOut = query.error instanceof ApiError && query.error.status === 401;
  if (data === undefined || isSignedOut) {
    return query.isError ? (
      <Failure error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={10} />
    );
  }
  if (data.buckets.every(({ requests }) => requests === 0)) {
    return <Empty title="No request in this range" />;
  }
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">Overview</h1>
      <Totals data={data} onOpen={openRequests} />
      <div className={css.charts}>
        {CHARTS.map(({ title, format, series }) => (
          <ChartBox
            key={title}
            title={title}
            format={format}
            series={series}
            data={data}
            onBucket={({ from }) =>
              openRequests({ from, to: from + data.bucketMs, last: undefined } as never)
            }
          />
        ))}
      </div>
      <section className={css.groups} aria-label="Groups">
        <div className={css.by} role="group" aria-label="Group by">
          <button
            type="button"
            aria-pressed={by === 'route'}
            onClick={() => change({ by: undefined })}
          >
            By route
          </button>
          <button
            type="button"
            aria-pressed={by === 'model'}
            onClick={() => change({ by: 'model' })}
          >
            By model
          </button>
        </div>
        <Groups data={data} by={by} onOpen={(name) => openRequests({ [by]: [name] })} />
      </section>
      <details className={css.twin}>
        <summary>The charts as a table</summary>
        <Buckets data={data} onOpen={openRequests} />
      </details>
    </div>
  );
}

function Totals({
  data,
  onOpen,
}: {
  readonly data: Overview;
  readonly onOpen: (more: PageState) => void;
}): ReactNode {
  const sum = (read: (bucket: OverviewBucket) => number | null | undefined) =>
    sumOf(data.buckets, read);
  const requests = sum((bucket) => bucket.requests) ?? 0;
  const share = (count: number | null) =>
    count === null || requests === 0 ? '' : ` (${((count / requests) * 100).toFixed(1)} %)`;
  const errors = sum((bucket) => bucket.errors);
  const aborts = sum((bucket) => bucket.aborts);
  return (
    <dl className={css.totals}>
      <div>
        <dt>Requests</dt>
        <dd>
          <button type="button" onClick={() => onOpen({})}>
            {formatCount(requests)}
          </button>
        </dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd>
          <button type="button" onClick={() => onOpen({ failed: true })}>
            {formatCount(errors)}
            {share(errors)}
          </button>
        </dd>
      </div>
      <div>
        <dt>Aborted</dt>
        <dd>
          <button type="button" onClick={() => onOpen({ outcome: ['aborted'] })}>
            {formatCount(aborts)}
            {share(aborts)}
          </button>
        </dd>
      </div>
      <div>
        <dt>Tokens in, out</dt>
        <dd>
          {formatCount(sum((bucket) => bucket.promptTokens))},{' '}
          {formatCount(sum((bucket) => bucket.completionTokens))}
        </dd>
      </div>
      <div>
        <dt>Cost</dt>
        <dd>{formatCost(sum((bucket) => bucket.cost))}</dd>
      </div>
      <div>
        <dt>Tokens wasted</dt>
        <dd>{formatCount(sum((bucket) => bucket.wastedTokens))}</dd>
      </div>
    </dl>
  );
}

function ChartBox({
  title,
  format,
  series,
  data,
  onBucket,
}: ChartSpec & {
  readonly data: Overview;
  readonly onBucket: (bucket: OverviewBucket) => void;
}): ReactNode {
  const hasValues = useMemo(
    () => data.buckets.some((bucket) => series.some(({ read }) => (read(bucket) ?? 0) > 0)),
    [data, series],
  );
  return (
    <figure className={css.chart}>
      <figcaption>
        <strong>{title}</strong>
        {series.length > 1 &&
          series.map(({ label, hue }) => (
            <span key={label} className={css.key}>
              <span className={css.swatch} style={{ background: `var(${hue})` }} />
              {label}
            </span>
          ))}
      </figcaption>
      <div className={css.plot}>
        {hasValues ? (
          <Suspense fallback={null}>
            <Chart title={title} format={format} series={series} data={data} onBucket={onBucket} />
          </Suspense>
        ) : (
          <p className={css.none}>Nothing was recorded in this range.</p>
        )}
      </div>
    </figure>
  );
}

const MEASURES: readonly (readonly [string, (measures: Measures) => string])[] = [
  ['Requests', ({ requests }) => formatCount(requests)],
  ['Failed', ({ errors }) => formatCount(errors)],
  ['Aborted', ({ aborts }) => formatCount(aborts)],
  ['p50', ({ p50 }) => formatDuration(p50)],
  ['p95', ({ p95 }) => formatDuration(p95)],
  ['p99', ({ p99 }) => formatDuration(p99)],
  ['First token p50', ({ firstTokenP50 }) => formatDuration(firstTokenP50)],
  ['First token p95', ({ firstTokenP95 }) => formatDuration(firstTokenP95)],
  ['Tokens in', ({ promptTokens }) => formatCount(promptTokens)],
  ['Tokens out', ({ completionTokens }) => formatCount(completionTokens)],
  ['Cost', ({ cost }) => formatCost(cost)],
  ['Wasted', ({ wastedTokens }) => formatCount(wastedTokens)],
];

function Groups({
  data,
  by,
  onOpen,
}: {
  readonly data: Overview;
  readonly by: 'route' | 'model';
  readonly onOpen: (name: string) => void;
}): ReactNode {
  if (data.groups.length === 0)
    return <p className={css.none}>No request in this range has a {by}.</p>;
  return (
    <MeasuresTable
      label={by === 'route' ? 'Routes' : 'Models'}
      head={by === 'route' ? 'Route' : 'Model'}
      rows={data.groups}
      keyOf={({ name }) => name}
      title={({ name }) => <OneLine text={name === '' ? '(none)' : name} />}
      onOpen={({ name }) => onOpen(name)}
    />
  );
}

function Buckets({
  data,
  onOpen,
}: {
  readonly data: Overview;
  readonly onOpen: (more: PageState) => void;
}): ReactNode {
  const clock = useClock();
  return (
    <MeasuresTable
      label="The charts as a table"
      caption={`${plural(data.buckets.length, 'interval')} of ${formatDuration(data.bucketMs)}`}
      head="From"
      rows={data.buckets}
      keyOf={({ from }) => from}
      title={({ from }) =>
        formatTime(from, clock.now, { ...clock, style: 'absolute' }).replace(/\.\d+$/, '')
      }
      onOpen={({ from }) => onOpen({ from, to: from + data.bucketMs })}
    />
  );
}

/** A table of measures, one row each. The button at the head of a row leads to the requests behind it. */
function MeasuresTable<Row extends Measures>({
  label,
  caption,
  head,
  rows,
  keyOf,
  title,
  onOpen,
}: {
  readonly label: string;
  readonly caption?: string;
  readonly head: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly title: (row: Row) => ReactNode;
  readonly onOpen: (row: Row) => void;
}): ReactNode {
  return (
    <div className={css.wide} tabIndex={0} role="region" aria-label={label}>
      <table>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {MEASURES.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row">
                <button type="button" onClick={() => onOpen(row)}>
                  {title(row)}
                </button>
              </th>
              {MEASURES.map(([name, show]) => (
                <td key={name}>{show(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
