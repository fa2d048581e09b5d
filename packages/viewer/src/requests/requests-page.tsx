/** The list of requests, live. */

import { useNavigate } from '@tanstack/react-router';
import {
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { formatCount } from '../format.js';
import { ClearFilter } from '../frame/clear-filter.js';
import { WordsLeftOut } from '../frame/words-left-out.js';
import { AddressValue } from '../state/address-value.js';
import { keepPlace, keptPlace } from '../state/kept-place.js';
import { togglePause, useLiveSwitch } from '../state/live-switch.js';
import { listKey } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { useKeys } from '../ui/controls/use-keys.js';
import type { GridHandle } from '../ui/grid/grid.js';
import { HeldButton } from '../ui/grid/held-button.js';
import { NextPageLine } from '../ui/grid/next-page.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import { useIsNarrow } from '../ui/layout/use-is-narrow.js';
import { columnsIn, FEW_COLUMNS } from './columns.js';
import { ColumnsMenu } from './columns-menu.js';
import { OpenFile } from './open-file.js';
import { RequestsGrid } from './requests-grid.js';
import { RequestsOverTime } from './requests-over-time.js';
import css from './requests-page.module.css';
import { SetUp } from './set-up.js';
import { useOpenedNext } from './use-opened-next.js';
import { useRestoredPlace } from './use-restored-place.js';
import { useSecondClick } from './use-second-click.js';
import { useTraceList } from './use-trace-list.js';

const loadTraceView = () => import('../trace/trace-view.js');
const TracePane = lazy(() => loadTraceView().then(({ TraceView }) => ({ default: TraceView })));

/** Whether Enter and Space are for the list: nothing has the focus, or the list has it and none of its buttons. */
function isListFocused(): boolean {
  const { activeElement: focused, body } = document;
  return focused === null || focused === body || focused.role === 'grid';
}

export function RequestsPage(): ReactNode {
  const state = usePageState();
  const change = useChangePageState();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const grid = useRef<GridHandle>(null);
  const key = useMemo(() => listKey(state), [state]);
  const [selected, setSelected] = useState<number | undefined>(
    () => state.trace ?? keptPlace(key)?.number,
  );
  const address = useRef(new AddressValue<number>());
  const requestedTrace = state.trace ?? 0;
  useEffect(() => {
    if (address.current.isRequest(requestedTrace) && requestedTrace > 0) {
      setSelected(requestedTrace);
    }
  }, [requestedTrace]);
  const isReading = useRef(false);
  const mayMove = useCallback(() => !isReading.current && (grid.current?.scrollTop() ?? 0) < 8, []);
  const list = useTraceList(state, mayMove);
  const { rows } = list;
  const { held } = useLiveSwitch();
  const active = useMemo(
    () => (selected === undefined ? -1 : rows.findIndex(({ number }) => number === selected)),
    [rows, selected],
  );

  // A row that is not there any more holds nothing back.
  isReading.current = active >= 0 || state.trace !== undefined;

  const isPaneOpen = state.trace !== undefined && !isNarrow;
  const lines = isNarrow || state.lines === 2 ? 2 : 1;
  const columns = useMemo(
    () => (isPaneOpen && state.columns === undefined ? FEW_COLUMNS : columnsIn(state.columns)),
    [isPaneOpen, state.columns],
  );

  const openTrace = useCallback(
    (number: number, { replace = false } = {}) => {
      keepPlace(key, { top: grid.current?.scrollTop() ?? 0, number });
      navigate({
        to: '/traces/$number',
        params: { number: String(number) },
        search: toSearch((before) => ({ ...before, trace: undefined })),
        replace,
      }).catch(() => undefined);
    },
    [key, navigate],
  );
  const openRow = (index: number) => {
    const number = rows[index]?.number;
    if (number !== undefined) openTrace(number);
  };
  const select = (index: number) => {
    const number = rows[index]?.number;
    if (number === undefined) return;
    setSelected(number);
    if (isNarrow) return;
    if (state.trace !== undefined && state.trace !== number) {
      address.current.write(number);
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
  const showBeside = (index: number) => {
    const number = rows[index]?.number;
    if (number === undefined) return;
    setSelected(number);
    address.current.write(number);
    change({ trace: number, step: undefined }, { replace: state.trace !== undefined });
  };
  /** The row that follows if the selected one is deleted: by then the list may not have it any more. */
  const following = useRef<number>(undefined);
  if (active >= 0) following.current = (rows[active + 1] ?? rows[active - 1])?.number;
  const showFollowing = () => {
    const number = following.current;
    setSelected(number);
    if (number !== undefined) address.current.write(number);
    change({ trace: number, step: undefined }, { replace: true });
  };
  const showHeld = () => {
    setSelected(undefined);
    grid.current?.scrollTo(0);
    list.showHeld();
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => {
      if (active < 0 || !isListFocused()) return false;
      openRow(active);
      return true;
    },
    ' ': () => {
      if (active < 0 || isNarrow || !isListFocused()) return false;
      if (state.trace === undefined) showBeside(active);
      else change({ trace: undefined, step: undefined });
      return true;
    },
    Escape: () => {
      if (state.trace !== undefined) change({ trace: undefined, step: undefined });
      else if (selected !== undefined) setSelected(undefined);
      else return false;
      return true;
    },
    p: () => {
      togglePause();
      return true;
    },
    n: () => {
      showHeld();
      return true;
    },
  });

  const point = useOpenedNext(rows, { active, isPaneOpen, load: loadTraceView });

  // A phone has no room for a trace beside the list: show the trace alone.
  const isPaneImpossible = isNarrow && state.trace !== undefined;
  const paneTrace = state.trace;
  useEffect(() => {
    // In place of this address, which would lead here again whenever the reader goes back.
    if (isPaneImpossible && paneTrace !== undefined) openTrace(paneTrace, { replace: true });
  }, [isPaneImpossible, paneTrace, openTrace]);

  const captureSecondClick = useSecondClick(() => {
    if (isPaneOpen && paneTrace !== undefined) openTrace(paneTrace);
  });

  const begun = useRef(`${key} ${lines}`);
  useLayoutEffect(() => {
    // Another filter, order or height of the rows begins at the top.
    if (begun.current !== `${key} ${lines}`) grid.current?.scrollTo(0);
    begun.current = `${key} ${lines}`;
  }, [key, lines]);

  const isLoaded = rows.length > 0;
  useRestoredPlace(key, { isLoaded, active, grid });
  useEffect(() => {
    if (isLoaded) document.title = 'Requests';
  }, [isLoaded]);

  return (
    <div
      className={css.page}
      data-pane={isPaneOpen || undefined}
      onClickCapture={captureSecondClick}
    >
      <section className={css.list} aria-label="Requests">
        <h1 className="visually-hidden">Requests</h1>
        <div className={css.tools}>
          <span data-old={list.isOld || undefined}>
            {list.isUnknown
              ? 'Requests'
              : `${formatCount(list.total)}${list.isTotalExact ? '' : '+'} ${list.total === 1 ? 'request' : 'requests'}`}
          </span>
          {list.areWordsLeftOut && <WordsLeftOut />}
          <span className={css.gap} />
          {list.error === null && <OpenFile />}
          {!isNarrow && <ColumnsMenu columns={columnsIn(state.columns)} lines={state.lines} />}
        </div>
        <RequestsOverTime state={state} />
        <div className={css.rows} data-old={list.isOld || undefined} aria-busy={list.isOld}>
          <HeldButton count={held} onShow={showHeld} />
          {list.error !== null && rows.length === 0 ? (
            <Failure error={list.error} retry={list.retry} />
          ) : list.isLoading ? (
            <Loading rows={16} />
          ) : rows.length === 0 ? (
            held > 0 ? (
              <Empty title="New requests are held back" />
            ) : key === '' ? (
              <SetUp />
            ) : (
              <Empty title="No request matches the filter">
                <ClearFilter />
              </Empty>
            )
          ) : (
            <RequestsGrid
              list={list}
              columns={columns}
              lines={lines}
              active={active}
              handle={grid}
              onActive={select}
              onPress={(index) => {
                if (isNarrow) openRow(index);
                else showBeside(index);
              }}
              onOpen={openRow}
              onPoint={point}
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
              onDeleted={showFollowing}
            />
          </Suspense>
        </section>
      )}
    </div>
  );
}
