/** Requests over time, and by route or model. A click leads to the requests behind a bar or a row. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useMemo } from 'react';
import type { Overview, OverviewBucket } from '../../../local/src/page-api.js';
import { formatCost, formatCount, formatDuration, formatTime, plural } from '../format.js';
import { ClearFilter } from '../frame/clear-filter.js';
import { WordsLeftOut } from '../frame/words-left-out.js';
import { sumOf } from '../reading/measures.js';
import { overviewQuery } from '../server/queries.js';
import { useClock } from '../state/clock.js';
import { filtersOf, keptState, listKey, type PageState, partOf } from '../state/page-state.js';
import { type PageChange, toSearch } from '../state/to-search.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { OldData } from '../ui/layout/old-data.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import controls from '../ui/styles/controls.module.css';
import page from '../ui/styles/page.module.css';
import { Fact, Facts } from '../ui/values/facts.js';
import { OneLine } from '../ui/values/visible-text.js';
import { CHARTS, type ChartSpec } from './charts.js';
import { MeasuresTable } from './measures-table.js';
import css from './overview-page.module.css';

const Chart = lazy(() => import('./chart.js'));

export function OverviewPage(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const navigate = useNavigate();
  const by = state.by ?? 'route';
  const query = useQuery(overviewQuery(filtersOf(state), by));
  useEffect(() => {
    document.title = 'Overview';
  }, []);
  const { data, isPlaceholderData: isOld } = query;
  const openRequests = (more: PageChange) => {
    const search = (before: PageState) => ({ ...keptState(before), ...more });
    navigate({ to: '/requests', search: toSearch(search) }).catch(() => undefined);
  };
  if (data === undefined) {
    return query.isError ? (
      <Failure error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={10} />
    );
  }
  if (data.buckets.every(({ requests }) => requests === 0)) {
    const isFiltered = listKey(filtersOf(state)) !== '';
    return (
      <Empty title={isFiltered ? 'No request matches the filter' : 'No request has arrived yet'}>
        {isFiltered ? (
          <ClearFilter />
        ) : (
          <p>
            The page <Link to="/requests">Requests</Link> says how to send some.
          </p>
        )}
      </Empty>
    );
  }
  const openBucket = ({ from }: OverviewBucket) =>
    openRequests(partOf(data.range, [from, from + data.bucketMs]));
  return (
    <div className={`${page.page} ${css.page}`}>
      <h1 className="visually-hidden">Overview</h1>
      {data.areWordsLeftOut && <WordsLeftOut />}
      <OldData isOld={isOld} className={css.measures}>
        <Totals data={data} onOpen={openRequests} />
        <div className={css.charts}>
          {CHARTS.map(({ title, isWhole, format, series }) => (
            <ChartBox
              key={title}
              title={title}
              isWhole={isWhole}
              format={format}
              series={series}
              data={data}
              onBucket={openBucket}
            />
          ))}
        </div>
      </OldData>
      <section aria-label="Groups">
        <div className={css.by} role="group" aria-label="Group by">
          <button
            type="button"
            className={controls.quiet}
            aria-pressed={by === 'route'}
            onClick={() => change({ by: undefined })}
          >
            By route
          </button>
          <button
            type="button"
            className={controls.quiet}
            aria-pressed={by === 'model'}
            onClick={() => change({ by: 'model' })}
          >
            By model
          </button>
        </div>
        <OldData isOld={isOld}>
          <Groups data={data} by={by} onOpen={(name) => openRequests({ [by]: [name] })} />
        </OldData>
      </section>
      <details className={css.twin}>
        <summary>The charts as a table</summary>
        <OldData isOld={isOld}>
          <Buckets data={data} onOpen={openBucket} />
        </OldData>
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
    <Facts className={css.totals}>
      <Fact label="Requests">
        <button type="button" className={controls.link} onClick={() => onOpen({})}>
          {formatCount(requests)}
        </button>
      </Fact>
      <Fact label="Failed">
        <button type="button" className={controls.link} onClick={() => onOpen({ failed: true })}>
          {formatCount(errors)}
          {share(errors)}
        </button>
      </Fact>
      <Fact label="Aborted">
        <button
          type="button"
          className={controls.link}
          onClick={() => onOpen({ outcome: ['aborted'] })}
        >
          {formatCount(aborts)}
          {share(aborts)}
        </button>
      </Fact>
      <Fact label="Tokens in, out">
        {formatCount(sum((bucket) => bucket.promptTokens))},{' '}
        {formatCount(sum((bucket) => bucket.completionTokens))}
      </Fact>
      <Fact label="Cost">{formatCost(sum((bucket) => bucket.cost))}</Fact>
      <Fact label="Tokens wasted" title="Tokens that models wrote after the client had left">
        {formatCount(sum((bucket) => bucket.wastedTokens))}
      </Fact>
    </Facts>
  );
}

function ChartBox({
  title,
  isWhole,
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
            <Chart
              title={title}
              isWhole={isWhole}
              format={format}
              series={series}
              data={data}
              onBucket={onBucket}
            />
          </Suspense>
        ) : (
          <p className={css.none}>Nothing was recorded in this range.</p>
        )}
      </div>
    </figure>
  );
}

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
  readonly onOpen: (bucket: OverviewBucket) => void;
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
      onOpen={onOpen}
    />
  );
}
