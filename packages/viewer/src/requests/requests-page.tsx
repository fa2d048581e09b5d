/** The list of requests, live. */

import { Menu } from '@base-ui/react/menu';
import { useNavigate } from '@tanstack/react-router';
import {
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { SortColumn, TraceSummary } from '../../../local/src/page-api.js';
import { formatCount, formatDuration, formatTime } from '../format.js';
import { useClock } from '../state/clock.js';
import { FILTERS, listKey, type PageState } from '../state/page-state.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Grid, type GridHandle } from '../ui/grid.js';
import { Icon } from '../ui/icons.js';
import { changeLive, liveNow, useLiveSwitch } from '../ui/live-switch.js';
import { NextPageLine } from '../ui/next-page.js';
import { OutcomeSign } from '../ui/outcome-sign.js';
import popup from '../ui/popup.module.css';
import { Preview } from '../ui/preview.js';
import { Empty, Failure, Loading } from '../ui/states.js';
import { useIsNarrow } from '../ui/use-is-narrow.js';
import { useKeys } from '../ui/use-keys.js';
import { OneLine } from '../ui/visible-text.js';
import {
  COLUMN_NAMES,
  COLUMNS,
  type ColumnName,
  columnOf,
  columnsIn,
  FEW_COLUMNS,
} from './columns.js';
import { OpenFile } from './open-file.js';
import { RequestsOverTime } from './requests-over-time.js';
import css from './requests-page.module.css';
import { SetUp } from './set-up.js';
import { useTraceList } from './use-trace-list.js';

const TracePane = lazy(() =>
  import('../trace/trace-view.js').then(({ TraceView }) => ({ default: TraceView })),
);

/** Position in each list, restored on return. */
const places = new Map<string, { readonly top: number; readonly number: number | undefined }>();

export function RequestsPage(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const navigate = useNavigate();
  const clock = useClock();
  const isNarrow = useIsNarrow();
  const grid = useRef<GridHandle>(null);
  const filter = useMemo(() => listKey(state), [state]);
  const [cursor, setCursor] = useState<number | undefined>(
    () => state.trace ?? places.get(filter)?.number,
  );
  const isReading = useRef(false);
  isReading.current = cursor !== undefined;
  const mayMove = useCallback(() => !isReading.current && (grid.current?.scrollTop() ?? 0) < 8, []);
  const list = useTraceList(state, mayMove);
  const { rows } = list;
  const { held } = useLiveSwitch();
  const active = useMemo(
    () => (cursor === undefined ? -1 : rows.findIndex(({ number }) => number === cursor)),
    [rows, cursor],
  );

  const isPaneOpen = state.trace !== undefined && !isNarrow;
  const lines = isNarrow || state.lines === 2 ? 2 : 1;
  const columns =
    isPaneOpen && state.columns === undefined ? FEW_COLUMNS : columnsIn(state.columns);

  const openTrace = useCallback(
    (number: number) => {
      places.set(filter, { top: grid.current?.scrollTop() ?? 0, number });
      navigate({
        to: '/traces/$number',
        params: { number: String(number) },
        search: ((before: PageState) => ({
          ...before,
          trace: undefined,
          lines: undefined,
          columns: undefined,
        })) as never,
      }).catch(() => undefined);
    },
    [filter, navigate],
  );
  const openRow = (index: number) => {
    const number = rows[index]?.number;
    if (number !== undefined) openTrace(number);
  };
  const select = (index: number) => {
    const number = rows[index]?.number;
    if (number === undefined) return;
    setCursor(number);
    if (isNarrow) return;
    if (state.trace !== undefined && state.trace !== number) {
      change({ trace: number, step: undefined }, { replace: true });
    }
  };
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by));
    if (rows.length === 0) return false;
    select(active < 0 ? 0 : next);
    grid.current?.show(active < 0 ? 0 : next);
    return true;
  };
  const showHeld = () => {
    setCursor(undefined);
    grid.current?.scrollTo(0);
    list.showHeld();
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => {
      if (active < 0 || document.activeElement?.closest('button,a,summary') != null) return false;
      openRow(active);
      return true;
    },
    ' ': () => {
      if (active < 0 || isNarrow || document.activeElement?.closest('button,a,summary') != null)
        return false;
      change({
        trace: state.trace === undefined ? rows[active]?.number : undefined,
        step: undefined,
      });
      return true;
    },
    Escape: () => {
      if (state.trace !== undefined) change({ trace: undefined, step: undefined });
      else if (cursor !== undefined) setCursor(undefined);
      else return false;
      return true;
    },
    p: () => {
      changeLive({ isPaused: !liveNow().isPaused });
      return true;
    },
    n: () => {
      showHeld();
      return true;
    },
  });

  // A phone has no room for a trace beside the list: show the trace alone.
  const isPaneImpossible = isNarrow && state.trace !== undefined;
  const paneTrace = state.trace;
  useEffect(() => {
    if (isPaneImpossible && paneTrace !== undefined) openTrace(paneTrace);
  }, [isPaneImpossible, paneTrace, openTrace]);

  // Restores the position when the reader returns from a trace, and not while the filter changes.
  const isLoaded = rows.length > 0;
  const toRestore = useRef(places.get(filter));
  const firstFilter = useRef(filter);
  useEffect(() => {
    const place = toRestore.current;
    if (filter !== firstFilter.current) toRestore.current = undefined;
    else if (isLoaded && place !== undefined) {
      toRestore.current = undefined;
      grid.current?.scrollTo(place.top);
      grid.current?.focus();
    }
  }, [filter, isLoaded]);
  useEffect(() => {
    if (isLoaded) document.title = 'Requests';
  }, [isLoaded]);

  const template = columns.map((name) => columnOf(name).width).join(' ');
  const minWidth = columns.reduce((sum, name) => sum + columnOf(name).minWidth + 12, 24);
  return (
    <div className={css.page} data-pane={isPaneOpen || undefined}>
      <section className={css.list} aria-label="Requests">
        <h1 className="visually-hidden">Requests</h1>
        <div className={css.tools}>
          <span>
            {list.isLoading
              ? 'Requests'
              : `${formatCount(list.total)}${list.isTotalExact ? '' : '+'} ${list.total === 1 ? 'request' : 'requests'}`}
          </span>
          <span className={css.gap} />
          {list.error === null && <OpenFile />}
          {!isNarrow && <ColumnsMenu columns={columnsIn(state.columns)} lines={state.lines} />}
        </div>
        <RequestsOverTime state={state} />
        <div className={css.rows} data-old={list.isOld || undefined} aria-busy={list.isOld}>
          {held > 0 && (
            <button type="button" className={css.held} onClick={showHeld}>
              <Icon name="up" />
              {formatCount(held)} new
            </button>
          )}
          {list.error !== null && rows.length === 0 ? (
            <Failure error={list.error} retry={list.retry} />
          ) : list.isLoading ? (
            <Loading rows={16} />
          ) : rows.length === 0 ? (
            <NoRows filter={filter} />
          ) : (
            <Grid<TraceSummary>
              key={`${filter} ${lines}`}
              label="Requests"
              role="grid"
              handle={grid}
              count={rows.length}
              rowAt={(index) => rows[index] as TraceSummary}
              factsOf={({ number }) => ({
                key: number,
                className: `${isNarrow ? css.card : css.row} ${list.fresh.has(number) ? css.fresh : ''}`,
              })}
              rowHeight={lines === 2 ? 56 : 32}
              active={active}
              onActive={(index) => {
                if (isNarrow) openRow(index);
                else {
                  setCursor(rows[index]?.number);
                  change(
                    { trace: rows[index]?.number, step: undefined },
                    { replace: state.trace !== undefined },
                  );
                }
              }}
              onOpen={openRow}
              onEnd={list.nextPage.load}
              {...(!isNarrow && { minWidth })}
              headerRows={isNarrow ? 0 : 1}
              header={
                isNarrow ? undefined : (
                  <Head columns={columns} template={template} minWidth={minWidth} />
                )
              }
              renderRow={(trace) =>
                isNarrow ? (
                  <Card trace={trace} />
                ) : (
                  <div
                    role="presentation"
                    className={css.cells}
                    style={{ gridTemplateColumns: template }}
                  >
                    {columns.map((name) => (
                      <div
                        key={name}
                        role="gridcell"
                        className={columnOf(name).isNumber ? css.number : css.cell}
                        data-lines={name === 'preview' ? lines : undefined}
                      >
                        {columnOf(name).render(trace, clock)}
                      </div>
                    ))}
                  </div>
                )
              }
            />
          )}
        </div>
        <NextPageLine page={list.nextPage} />
      </section>
      {isPaneOpen && paneTrace !== undefined && (
        <section className={css.pane} aria-label="Trace">
          <Suspense fallback={<Loading />}>
            <TracePane
              key={paneTrace}
              number={paneTrace}
              isPane
              onClose={() => change({ trace: undefined, step: undefined })}
              onOpen={() => openTrace(paneTrace)}
            />
          </Suspense>
        </section>
      )}
    </div>
  );
}

function Head({
  columns,
  template,
  minWidth,
}: {
  readonly columns: readonly ColumnName[];
  readonly template: string;
  readonly minWidth: number;
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
      className={css.head}
      style={{ gridTemplateColumns: template, minWidth }}
    >
      {columns.map((name) => {
        const { label, isNumber, sort: column } = columnOf(name);
        const isSorted = column !== undefined && column === sort;
        return (
          <div
            key={name}
            role="columnheader"
            className={isNumber ? css.number : css.cell}
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
  const clock = useClock();
  return (
    <div role="gridcell" className={css.cardCell}>
      <div className={css.cardTop}>
        <OutcomeSign trace={trace} />
        <OneLine text={trace.name} className={css.cardName} />
        <span>{formatDuration(trace.latency)}</span>
        <time>{formatTime(trace.time, clock.now, clock)}</time>
      </div>
      <Preview trace={trace} />
    </div>
  );
}

function ColumnsMenu({
  columns,
  lines,
}: {
  readonly columns: readonly ColumnName[];
  readonly lines: 2 | undefined;
}): ReactNode {
  const change = useChangePageState();
  return (
    <Menu.Root>
      <Menu.Trigger className={css.tool}>
        <Icon name="columns" />
        Columns
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end">
          <Menu.Popup className={popup.menu}>
            <Menu.CheckboxItem
              className={popup.item}
              checked={lines === 2}
              closeOnClick={false}
              onCheckedChange={(isOn) => change({ lines: isOn ? 2 : undefined }, { replace: true })}
            >
              <span className={popup.tick}>
                <Menu.CheckboxItemIndicator>
                  <Icon name="check" />
                </Menu.CheckboxItemIndicator>
              </span>
              Two lines
            </Menu.CheckboxItem>
            <Menu.Separator className={popup.separator} />
            {COLUMN_NAMES.map((name) => (
              <Menu.CheckboxItem
                key={name}
                className={popup.item}
                checked={columns.includes(name)}
                closeOnClick={false}
                onCheckedChange={(isOn) =>
                  change(
                    {
                      columns: COLUMN_NAMES.filter((each) =>
                        each === name ? isOn : columns.includes(each),
                      ),
                    },
                    { replace: true },
                  )
                }
              >
                <span className={popup.tick}>
                  <Menu.CheckboxItemIndicator>
                    <Icon name="check" />
                  </Menu.CheckboxItemIndicator>
                </span>
                {COLUMNS[name].label}
              </Menu.CheckboxItem>
            ))}
            <Menu.Separator className={popup.separator} />
            <Menu.Item
              className={popup.item}
              onClick={() => change({ columns: undefined, lines: undefined })}
            >
              <span className={popup.tick} />
              Reset columns
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function NoRows({ filter }: { readonly filter: string }): ReactNode {
  const change = useChangePageState();
  if (filter === '') return <SetUp />;
  return (
    <Empty title="No request matches the filter">
      <button
        type="button"
        className={css.tool}
        onClick={() => {
          const names = [...FILTERS, 'sort', 'order'] as const;
          change(Object.fromEntries(names.map((name) => [name, undefined])));
        }}
      >
        Clear the filter
      </button>
    </Empty>
  );
}
