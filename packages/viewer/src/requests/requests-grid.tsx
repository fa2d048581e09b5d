import { type ReactNode, type Ref, useCallback } from 'react';
import type { SortColumn, TraceSummary } from '../../../local/src/page-api.js';
import { formatDuration } from '../format.js';
import { useClock } from '../state/clock.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Grid, type GridHandle } from '../ui/grid/grid.js';
import { Icon } from '../ui/icons.js';
import { useIsNarrow } from '../ui/layout/use-is-narrow.js';
import line from '../ui/styles/grid-row.module.css';
import { OutcomeSign } from '../ui/values/outcome-sign.js';
import { Preview } from '../ui/values/preview.js';
import { Time } from '../ui/values/time.js';
import { OneLine } from '../ui/values/visible-text.js';
import { type ColumnName, columnOf } from './columns.js';
import css from './requests-page.module.css';
import type { TraceList } from './use-trace-list.js';

/** Pixels beside the columns of a row, and between two columns. */
const ROW_PADDING = 24;
const COLUMN_GAP = 12;

export function RequestsGrid({
  list: { rows, fresh, nextPage },
  columns,
  lines,
  active,
  handle,
  onActive,
  onPress,
  onOpen,
  onPoint,
}: {
  readonly list: TraceList;
  readonly columns: readonly ColumnName[];
  /** Lines of a row. */
  readonly lines: 1 | 2;
  readonly active: number;
  readonly handle: Ref<GridHandle>;
  readonly onActive: (index: number) => void;
  readonly onPress: (index: number) => void;
  readonly onOpen: (index: number) => void;
  readonly onPoint: (index: number) => void;
}): ReactNode {
  const isNarrow = useIsNarrow();
  const clock = useClock();
  const template = columns.map((name) => columnOf(name).width).join(' ');
  const minWidth = columns.reduce(
    (sum, name) => sum + columnOf(name).minWidth + COLUMN_GAP,
    ROW_PADDING,
  );
  const rowAt = useCallback((index: number) => rows[index] as TraceSummary, [rows]);
  // The list renders for each page that is loaded: the rows that are drawn must not.
  const factsOf = useCallback(
    ({ number }: TraceSummary) => ({
      key: number,
      className: `${isNarrow ? line.card : line.row} ${fresh.has(number) ? css.fresh : ''}`,
    }),
    [isNarrow, fresh],
  );
  const renderRow = useCallback(
    (trace: TraceSummary) =>
      isNarrow ? (
        <Card trace={trace} />
      ) : (
        <div role="presentation" className={line.cells} style={{ gridTemplateColumns: template }}>
          {columns.map((name) => (
            <div
              key={name}
              role="gridcell"
              className={columnOf(name).isNumber ? line.number : line.cell}
              data-lines={name === 'preview' ? lines : undefined}
            >
              {columnOf(name).render(trace, clock)}
            </div>
          ))}
        </div>
      ),
    [isNarrow, template, columns, lines, clock],
  );
  return (
    <Grid<TraceSummary>
      label="Requests"
      role="grid"
      handle={handle}
      count={rows.length}
      rowAt={rowAt}
      factsOf={factsOf}
      rowHeight={lines === 2 ? 56 : 32}
      active={active}
      onActive={onActive}
      onPress={onPress}
      onOpen={onOpen}
      onPoint={onPoint}
      onEnd={nextPage.load}
      keepsPlace
      {...(!isNarrow && { minWidth })}
      headerRows={isNarrow ? 0 : 1}
      header={isNarrow ? undefined : <ListHead columns={columns} template={template} />}
      renderRow={renderRow}
    />
  );
}

function ListHead({
  columns,
  template,
}: {
  readonly columns: readonly ColumnName[];
  readonly template: string;
}): ReactNode {
  const { sort = 'time', order = 'desc' } = usePageState();
  const change = useChangePageState();
  const sortBy = (column: SortColumn) => {
    const next = sort === column && order === 'desc' ? 'asc' : 'desc';
    change({
      sort: column === 'time' ? undefined : column,
      order: next === 'desc' ? undefined : next,
    });
  };
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={line.head}
      style={{ gridTemplateColumns: template }}
    >
      {columns.map((name) => {
        const { label, isNumber, sort: column } = columnOf(name);
        const isSorted = column !== undefined && column === sort;
        return (
          <div
            key={name}
            role="columnheader"
            className={isNumber ? line.number : line.cell}
            aria-sort={isSorted ? (order === 'asc' ? 'ascending' : 'descending') : undefined}
          >
            {column === undefined ? (
              <span className={name === 'outcome' ? 'visually-hidden' : undefined}>{label}</span>
            ) : (
              <button type="button" className={css.sort} onClick={() => sortBy(column)}>
                {label}
                {isSorted && <Icon name={order === 'asc' ? 'up' : 'down'} />}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

function Card({ trace }: { readonly trace: TraceSummary }): ReactNode {
  return (
    <div role="gridcell" className={line.cardCell}>
      <div className={line.cardTop}>
        <OutcomeSign trace={trace} />
        <OneLine text={trace.name} className={line.cardName} />
        <span>{formatDuration(trace.latency)}</span>
        <Time time={trace.time} />
      </div>
      <Preview trace={trace} />
    </div>
  );
}
