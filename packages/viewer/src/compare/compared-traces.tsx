/** Two traces beside each other: their facts, and their steps in aligned rows. */

import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import type { TraceSummary } from '../../../local/src/page-api.js';
import { beginOf, formatCost, formatCount, formatDuration } from '../format.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState } from '../state/use-page-state.js';
import { LoadingLine } from '../trace/loading-line.js';
import { TypeMark } from '../trace/steps/type-mark.js';
import { Indent } from '../trace/timeline/indent.js';
import indent from '../trace/timeline/indent.module.css';
import { useTrace } from '../trace/use-trace.js';
import { Grid, type GridHandle } from '../ui/grid/grid.js';
import { Split } from '../ui/layout/split.js';
import { Failure, Loading } from '../ui/layout/states.js';
import { useIsNarrow } from '../ui/layout/use-is-narrow.js';
import controls from '../ui/styles/controls.module.css';
import { OutcomeSign } from '../ui/values/outcome-sign.js';
import { Time } from '../ui/values/time.js';
import { OneLine, VisibleText } from '../ui/values/visible-text.js';
import { type AlignedRow, alignSteps } from './align-steps.js';
import css from './compare-page.module.css';
import { StepDifference } from './step-difference.js';

const TEMPLATE = 'minmax(160px, 1fr) repeat(3, 76px) repeat(3, 64px)';

export function ComparedTraces({ a, b }: { readonly a: number; readonly b: number }): ReactNode {
  // In an order that a swap does not change, so that it loads nothing again.
  const lower = useTrace(Math.min(a, b));
  const higher = useTrace(Math.max(a, b));
  const [first, second] = a <= b ? [lower, higher] : [higher, lower];
  const change = useChangePageState();
  const isNarrow = useIsNarrow();
  const { stepsWidth } = useSettings();
  const grid = useRef<GridHandle>(null);
  const [selected, setSelected] = useState<number>();
  const [numbers] = useState(() => new Map<string, number>());
  const incomplete = [first, second].filter(({ isComplete }) => !isComplete);
  const isComplete = incomplete.length === 0;
  // Steps that are not loaded yet must not look like steps that a trace does not have.
  const rows = useMemo(
    () => (isComplete ? alignSteps(first.steps, second.steps, numbers) : []),
    [first.steps, second.steps, numbers, isComplete],
  );
  const active = Math.max(
    0,
    rows.findIndex(({ key }) => key === selected),
  );
  for (const trace of [first, second]) {
    if (trace.detail === undefined && trace.error !== null && trace.error !== undefined) {
      return <Failure error={trace.error} retry={trace.retry} />;
    }
  }
  if (first.detail === undefined || second.detail === undefined) return <Loading />;
  const row = rows[active];
  const left = !isComplete ? (
    incomplete.map((trace) => <LoadingLine key={trace.detail?.trace.number} trace={trace} />)
  ) : (
    <Grid<AlignedRow>
      label="Steps of both traces"
      role="treegrid"
      handle={grid}
      count={rows.length}
      rowAt={(place) => rows[place] as AlignedRow}
      factsOf={({ key, level, a: inA, b: inB }) => ({
        key,
        level: level + 1,
        className: inA === undefined ? css.added : inB === undefined ? css.removed : undefined,
      })}
      rowHeight={26}
      active={active}
      onActive={(place) => setSelected(rows[place]?.key)}
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
          <div role="gridcell" className={indent.name}>
            <Indent level={level} />
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
  const right = <StepDifference key={row?.key} a={first.detail} b={second.detail} row={row} />;
  return (
    <div className={css.page}>
      <header className={css.traces}>
        <h1 className="visually-hidden">Two traces compared</h1>
        <TraceFacts label="A" trace={first.detail.trace} />
        <TraceFacts label="B" trace={second.detail.trace} other={first.detail.trace} />
        <div className={css.actions}>
          <button type="button" className={controls.button} onClick={() => change({ a: b, b: a })}>
            Swap
          </button>
          <button
            type="button"
            className={controls.button}
            onClick={() => change({ b: undefined })}
          >
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
  return (
    <section className={css.trace} aria-label={`Trace ${label}`}>
      <strong className={css.label}>{label}</strong>
      <OutcomeSign trace={trace} />
      <Link to="/traces/$number" params={{ number: String(trace.number) }} className={css.link}>
        <VisibleText text={beginOf(trace.name, 80)} />
      </Link>
      <Time time={trace.time} />
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
  if (from === null || from === undefined || to === null || to === undefined) return null;
  // Sums of fractions differ in their last digits.
  if (Math.abs(to - from) <= 1e-9 * Math.max(Math.abs(from), Math.abs(to))) return null;
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
