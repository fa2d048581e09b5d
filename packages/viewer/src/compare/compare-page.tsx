/** Compares two traces, or asks for the second one. */

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { beginOf, formatDuration } from '../format.js';
import { api } from '../server/api.js';
import { traceQuery } from '../server/queries.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { NextPageLine, nextPageOf } from '../ui/grid/next-page.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import controls from '../ui/styles/controls.module.css';
import page from '../ui/styles/page.module.css';
import { OutcomeSign } from '../ui/values/outcome-sign.js';
import { Preview } from '../ui/values/preview.js';
import { Time } from '../ui/values/time.js';
import { OneLine, VisibleText } from '../ui/values/visible-text.js';
import css from './compare-page.module.css';
import { ComparedTraces } from './compared-traces.js';

export function ComparePage(): ReactNode {
  const { a, b } = usePageState();
  useEffect(() => {
    document.title = 'Compare';
  }, []);
  if (a === undefined) {
    return (
      <Empty title="No trace is chosen">
        <p>Open a trace and choose "Compare with another trace" in its menu.</p>
      </Empty>
    );
  }
  return b === undefined ? <ChooseTrace number={a} /> : <ComparedTraces a={a} b={b} />;
}

/** Lists the traces that the first one can be compared with. */
function ChooseTrace({ number }: { readonly number: number }): ReactNode {
  const change = useChangePageState();
  const first = useQuery(traceQuery(number));
  const name = first.data?.trace.name;
  const [isAll, setAll] = useState(false);
  const others = useInfiniteQuery({
    queryKey: ['like', name, isAll],
    queryFn: ({ pageParam, signal }) =>
      api.traces(
        isAll || name === undefined ? {} : { name: [name] },
        { limit: 100, ...(pageParam !== undefined && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    enabled: name !== undefined,
    // The checkbox keeps the focus while the others are loaded.
    placeholderData: keepPreviousData,
  });
  if (first.isError) return <Failure error={first.error} retry={() => void first.refetch()} />;
  if (others.data === undefined)
    return others.isError ? (
      <Failure error={others.error} retry={() => void others.refetch()} />
    ) : (
      <Loading />
    );
  const traces = others.data.pages
    .flatMap((loaded) => loaded.traces)
    .filter((trace) => trace.number !== number);
  const nextPage = nextPageOf(others);
  return (
    <div className={`${page.page} ${css.choose}`}>
      <h1>
        Compare <VisibleText text={beginOf(name ?? '', 100)} /> with
      </h1>
      <label>
        <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.target.checked)} />{' '}
        Requests of all names
      </label>
      {traces.length === 0 && (
        <p className={css.muted}>{`There is no other request${isAll ? '' : ' of this name'}.`}</p>
      )}
      <ul>
        {traces.map((trace) => (
          <li key={trace.number}>
            <button type="button" onClick={() => change({ b: trace.number })}>
              <OutcomeSign trace={trace} />
              <Time time={trace.time} />
              <span className={css.chooseName}>
                <OneLine text={trace.name} />
              </span>
              <Preview trace={trace} />
              <span>{formatDuration(trace.latency)}</span>
            </button>
          </li>
        ))}
      </ul>
      {others.hasNextPage && nextPage.error === null && !nextPage.isLoading && (
        <button type="button" className={controls.more} onClick={nextPage.load}>
          Show older requests
        </button>
      )}
      <NextPageLine page={nextPage} />
    </div>
  );
}
