/** Compares two traces, or asks for the second one. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { formatDuration } from '../format.js';
import { api } from '../server/api.js';
import { traceQuery } from '../server/queries.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
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
  const others = useQuery({
    queryKey: ['like', name, isAll],
    queryFn: ({ signal }) =>
      api.traces(isAll || name === undefined ? {} : { name: [name] }, { limit: 100 }, signal),
    enabled: name !== undefined,
  });
  if (first.isError) return <Failure error={first.error} retry={() => void first.refetch()} />;
  if (others.data === undefined)
    return others.isError ? (
      <Failure error={others.error} retry={() => void others.refetch()} />
    ) : (
      <Loading />
    );
  const traces = others.data.traces.filter((trace) => trace.number !== number);
  return (
    <div className={`${page.page} ${css.choose}`}>
      <h1>
        Compare <VisibleText text={(name ?? '').slice(0, 100)} /> with
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
    </div>
  );
}
