/** Two traces beside each other: their facts, their steps in aligned rows, and the texts of one step as a difference. */

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import type { StepContent, StepSummary, TraceSummary } from '../../../local/src/page-api.js';
import { formatCost, formatCount, formatDuration, formatTime } from '../format.js';
import { textOf } from '../json.js';
import { api } from '../server/api.js';
import { useClock } from '../state/clock.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { TypeMark } from '../trace/type-mark.js';
import { useTrace } from '../trace/use-trace.js';
import { Grid, type GridHandle } from '../ui/grid.js';
import { OutcomeSign } from '../ui/outcome-sign.js';
import { Preview } from '../ui/preview.js';
import { Split } from '../ui/split.js';
import { Empty, Failure, Loading } from '../ui/states.js';
import { useIsNarrow } from '../ui/use-is-narrow.js';
import { OneLine, VisibleText } from '../ui/visible-text.js';
import { type AlignedRow, alignSteps } from './align-steps.js';
import css from './compare-page.module.css';

const TextDiff = lazy(() => import('./text-diff.js'));
const TEMPLATE = 'minmax(160px, 1fr) repeat(3, 76px) repeat(3, 64px)';

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
  return b === undefined ? <Choose number={a} /> : <Compared a={a} b={b} />;
}

/** Lists the traces that the first one can be compared with. */
function Choose({ number }: { readonly number: number }): ReactNode {
  const change = useChangePageState();
  const first = useQuery({
    queryKey: ['trace', number],
    queryFn: ({ signal }) => api.trace(number, signal),
    structuralSharing: false,
  });
  const name = first.data?.trace.name;
  const [isAll, setAll] = useState(false);
  const others = useQuery({
    queryKey: ['like', name, isAll],
    queryFn: ({ signal }) =>
      api.traces(isAll || name === undefined ? {} : { name: [name] }, { limit: 100 }, signal),
    enabled: name !== undefined,
  });
  const clock = useClock();
  if (first.isError) return <Failure error={first.error} retry={() => void first.refetch()} />;
  if (others.data === undefined)
    return others.isError ? (
      <Failure error={others.error} retry={() => void others.refetch()} />
    ) : (
      <Loading />
    );
  const traces = others.data.traces.filter((trace) => trace.number !== number);
  return (
    <div className={css.choose}>
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
              <time>{formatTime(trace.time, clock.now, clock)}</time>
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

function Compared({ a, b }: { readonly a: number; readonly b: number }): ReactNode {
  const first = useTrace(a);
  const second = useTrace(b);
  const change = useChangePageState();
  const isNarrow = useIsNarrow();
  const { stepsWidth } = useSettings();
  const grid = useRef<GridHandle>(null);
  const [active, setActive] = useState(0);
  const rows = useMemo(() => alignSteps(first.steps, second.steps), [first.steps, second.steps]);
  for (const trace of [first, second]) {
    if (trace.detail === undefined && trace.error !== null && trace.error !== undefined) {
      return <Failure error={trace.error} retry={trace.retry} />;
    }
  }
  if (first.detail === undefined || second.detail === undefined) return <Loading />;
  const row = rows[active];
  const left = (
    <Grid<AlignedRow>
      label="Steps of both traces"
      role="treegrid"
      handle={grid}
      count={rows.length}
      rowAt={(place) => rows[place] as AlignedRow}
      factsOf={({ key, level, a: inA, b: inB }) => ({
        key,
        level: level + 1,
        className: `${css.row} ${inA === undefined ? css.added : inB === undefined ? css.removed : ''}`,
      })}
      rowHeight={26}
      active={active}
      onActive={setActive}
      minWidth={660}
      headerRows={1}
      header={
        <div
          role="row"
          aria-rowindex={1}
          className={css.head}
          style={{ gridTemplateColumns: TEMPLATE }}
        >
          {['Step', 'A', 'B', 'Change', 'Tokens A', 'B', 'Change'].map((label, place) => (
            <div key={place} role="columnheader" className={place === 0 ? css.cell : css.number}>
              {label}
            </div>
          ))}
        </div>
      }
      renderRow={({ level, a: inA, b: inB }) => (
        <div role="presentation" className={css.cells} style={{ gridTemplateColumns: TEMPLATE }}>
          <div
            role="gridcell"
            className={css.name}
            style={{ paddingLeft: Math.min(level, 14) * 14 }}
          >
            <span
              className={css.side}
              title={inA === undefined ? 'Only in B' : inB === undefined ? 'Only in A' : 'In both'}
            >
              {inA === undefined ? '+' : inB === undefined ? '−' : ''}
            </span>
            <TypeMark type={(inA ?? inB)?.type ?? ''} />
            <OneLine text={(inA ?? inB)?.name ?? ''} />
          </div>
          <Pair a={inA?.duration} b={inB?.duration} format={formatDuration} />
          <Pair a={inA?.tokens} b={inB?.tokens} format={formatCount} />
        </div>
      )}
    />
  );
  const right = (
    <Difference key={row?.key} a={first.detail.trace} b={second.detail.trace} row={row} />
  );
  return (
    <div className={css.page}>
      <header className={css.traces}>
        <h1 className="visually-hidden">Two traces compared</h1>
        <TraceFacts label="A" trace={first.detail.trace} />
        <TraceFacts label="B" trace={second.detail.trace} other={first.detail.trace} />
        <div className={css.actions}>
          <button type="button" onClick={() => change({ a: b, b: a })}>
            Swap
          </button>
          <button type="button" onClick={() => change({ b: undefined })}>
            Choose another trace
          </button>
        </div>
      </header>
      {isNarrow ? (
        <div className={css.stacked}>
          <div className={css.steps}>{left}</div>
          {right}
        </div>
      ) : (
        <Split
          label="Size of the steps"
          share={stepsWidth}
          onShare={(share) => changeSettings({ stepsWidth: share })}
        >
          {[left, right]}
        </Split>
      )}
    </div>
  );
}

function TraceFacts({
  label,
  trace,
  other,
}: {
  readonly label: string;
  readonly trace: TraceSummary;
  readonly other?: TraceSummary;
}): ReactNode {
  const clock = useClock();
  return (
    <section className={css.trace} aria-label={`Trace ${label}`}>
      <strong className={css.label}>{label}</strong>
      <OutcomeSign trace={trace} />
      <Link to="/traces/$number" params={{ number: String(trace.number) }} className={css.link}>
        <VisibleText text={trace.name.slice(0, 80)} />
      </Link>
      <time>{formatTime(trace.time, clock.now, clock)}</time>
      <span>
        {formatDuration(trace.latency)}
        {other !== undefined && (
          <Change from={other.latency} to={trace.latency} format={formatDuration} />
        )}
      </span>
      <span>
        {formatCount(trace.tokens)} tokens
        {other !== undefined && (
          <Change from={other.tokens} to={trace.tokens} format={formatCount} />
        )}
      </span>
      <span>
        {formatCost(trace.cost)}
        {other !== undefined && <Change from={other.cost} to={trace.cost} format={formatCost} />}
      </span>
    </section>
  );
}

function Change({
  from,
  to,
  format,
}: {
  readonly from: number | null | undefined;
  readonly to: number | null | undefined;
  readonly format: (value: number) => string;
}): ReactNode {
  if (from === null || from === undefined || to === null || to === undefined || from === to)
    return null;
  const more = to > from;
  return (
    <span className={more ? css.more : css.less}>
      {' '}
      {more ? '+' : '−'}
      {format(Math.abs(to - from))}
    </span>
  );
}

function Pair({
  a,
  b,
  format,
}: {
  readonly a: number | null | undefined;
  readonly b: number | null | undefined;
  readonly format: (value: number | null | undefined) => string;
}): ReactNode {
  return (
    <>
      <div role="gridcell" className={css.number}>
        {format(a)}
      </div>
      <div role="gridcell" className={css.number}>
        {format(b)}
      </div>
      <div role="gridcell" className={css.number}>
        <Change from={a} to={b} format={format} />
      </div>
    </>
  );
}

function Difference({
  a,
  b,
  row,
}: {
  readonly a: TraceSummary;
  readonly b: TraceSummary;
  readonly row: AlignedRow | undefined;
}): ReactNode {
  const inA = useContent(a.number, row?.a);
  const inB = useContent(b.number, row?.b);
  if (row === undefined) return null;
  for (const content of [inA, inB]) {
    if (content?.isLoadingError) {
      return <Failure error={content.error} retry={() => void content.refetch()} />;
    }
  }
  if (inA?.isPending || inB?.isPending) return <Loading rows={5} />;
  const parts = [
    ['Input', inA?.data?.inputs, inB?.data?.inputs],
    ['Output', inA?.data?.output, inB?.data?.output],
    ['Parameters', inA?.data?.modelParameters, inB?.data?.modelParameters],
  ] as const;
  return (
    <div className={css.difference}>
      <h2>
        <OneLine text={(row.a ?? row.b)?.name ?? ''} />
      </h2>
      {(row.a === undefined || row.b === undefined) && (
        <p className={css.muted}>This step is only in {row.a === undefined ? 'B' : 'A'}.</p>
      )}
      {parts
        .filter(([, before, after]) => (before ?? after) != null)
        .map(([title, before, after]) => (
          <section key={title}>
            <h3>{title}</h3>
            <Suspense fallback={<Loading rows={3} />}>
              <TextDiff
                before={before == null ? '' : textOf(before)}
                after={after == null ? '' : textOf(after)}
              />
            </Suspense>
          </section>
        ))}
    </div>
  );
}

/** Loads the content of a step; `undefined` if the trace has no such step. */
function useContent(
  number: number,
  step: StepSummary | undefined,
): UseQueryResult<StepContent> | undefined {
  const index = step?.index ?? 0;
  const query = useQuery({
    queryKey: ['step', number, index],
    queryFn: ({ signal }) => api.step(number, index, signal),
    enabled: step !== undefined,
    structuralSharing: false,
    gcTime: 60_000,
  });
  return step === undefined ? undefined : query;
}
