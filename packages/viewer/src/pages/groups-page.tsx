/** Sessions or users with their requests, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Group } from '../../../local/src/page-api.js';
import { cutMiddle, formatCost, formatCount, plural } from '../format.js';
import { api } from '../server/api.js';
import { usePageState } from '../state/use-page-state.js';
import { Grid } from '../ui/grid/grid.js';
import { HeldButton } from '../ui/grid/held-button.js';
import { NextPageLine, nextPageOf } from '../ui/grid/next-page.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import { useIsNarrow } from '../ui/layout/use-is-narrow.js';
import line from '../ui/styles/grid-row.module.css';
import { Time } from '../ui/values/time.js';
import { OneLine } from '../ui/values/visible-text.js';
import css from './groups-page.module.css';
import { inShownOrder } from './held-order.js';

const WORDS = {
  sessions: {
    title: 'Sessions',
    one: 'Session',
    hint: 'A trace has a session if the app sets one, for example by req.trace.update({ sessionId }).',
  },
  users: {
    title: 'Users',
    one: 'User',
    hint: 'A trace has a user if the app sets one, for example by req.trace.update({ userId }).',
  },
} as const;

interface Column {
  /** Undefined for the column of the id. */
  readonly label?: string;
  /** The track of the CSS grid. */
  readonly width: string;
  readonly isNumber?: boolean;
  readonly render: (group: Group) => ReactNode;
}

const COLUMNS: readonly Column[] = [
  {
    width: 'minmax(140px, 1fr)',
    render: ({ id }) => <OneLine text={cutMiddle(id, 60)} />,
  },
  {
    label: 'Last question',
    width: 'minmax(200px, 2fr)',
    render: ({ input }) => <OneLine text={input.replace(/\s+/g, ' ')} className={css.input} />,
  },
  {
    label: 'Requests',
    width: '84px',
    isNumber: true,
    render: ({ traces }) => formatCount(traces),
  },
  {
    label: 'Failed',
    width: '64px',
    isNumber: true,
    render: ({ failed }) => (
      <span className={failed > 0 ? css.failed : undefined}>{formatCount(failed)}</span>
    ),
  },
  { label: 'Tokens', width: '84px', isNumber: true, render: ({ tokens }) => formatCount(tokens) },
  { label: 'Cost', width: '84px', isNumber: true, render: ({ cost }) => formatCost(cost) },
  { label: 'First', width: '132px', render: ({ first }) => <Time time={first} /> },
  { label: 'Last', width: '132px', render: ({ last }) => <Time time={last} /> },
];
const TEMPLATE = COLUMNS.map(({ width }) => width).join(' ');

/** Time between two loads of a page of groups. */
const REFETCH_MS = 5000;

export function GroupsPage(): ReactNode {
  const { pathname } = useLocation();
  const kind = pathname.startsWith('/users') ? 'users' : 'sessions';
  const { q = '' } = usePageState();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const [selected, setSelected] = useState<string>();
  const query = useInfiniteQuery({
    queryKey: ['groups', kind, q],
    queryFn: ({ pageParam, signal }) => api.groups(kind, q, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    // All pages are loaded again.
    refetchInterval: ({ state }) =>
      document.hidden ? false : REFETCH_MS * Math.max(1, state.data?.pages.length ?? 0),
  });
  const latest = useMemo(
    () => query.data?.pages.flatMap((page) => page.groups) ?? [],
    [query.data],
  );
  // The busiest come to the top every few seconds: not while the reader points at one of them.
  const [isPointing, setPointing] = useState(false);
  const list = `${kind} ${q}`;
  const [shown, setShown] = useState<{ readonly list: string; readonly rows: readonly Group[] }>();
  const isHeld = isPointing && shown?.list === list;
  const { rows: groups, held } = useMemo(
    () => (isHeld ? inShownOrder(shown.rows, latest) : { rows: latest, held: 0 }),
    [isHeld, shown, latest],
  );
  useEffect(() => {
    if (isPointing && !isHeld && latest.length > 0) setShown({ list, rows: latest });
  }, [isPointing, isHeld, latest, list]);
  const active = useMemo(
    () => (selected === undefined ? -1 : groups.findIndex(({ id }) => id === selected)),
    [groups, selected],
  );
  const words = WORDS[kind];
  useEffect(() => {
    document.title = words.title;
  }, [words]);
  const open = (index: number) => {
    const id = groups[index]?.id;
    if (id === undefined) return;
    // The router types the parameters of a constant path.
    navigate({ to: `/${kind}/$id`, params: { id: id.toWellFormed() } as never }).catch(
      () => undefined,
    );
  };
  if (query.isPending) return <Loading rows={14} />;
  if (query.isError && groups.length === 0)
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (groups.length === 0) {
    return (
      <Empty
        title={q === '' ? `No ${kind} yet` : `No ${words.one.toLowerCase()} matches the search`}
      >
        <p>{words.hint}</p>
      </Empty>
    );
  }
  const nextPage = nextPageOf(query);
  return (
    <div className={css.page}>
      <h1 className="visually-hidden">{words.title}</h1>
      <div
        className={css.rows}
        onPointerEnter={() => setPointing(true)}
        onPointerLeave={() => {
          setPointing(false);
          setShown(undefined);
        }}
      >
        <HeldButton count={held} onShow={() => setShown({ list, rows: latest })} />
        <Grid<Group>
          label={words.title}
          role="grid"
          count={groups.length}
          rowAt={(index) => groups[index] as Group}
          factsOf={({ id }) => ({ key: id, className: isNarrow ? line.card : line.row })}
          rowHeight={isNarrow ? 56 : 32}
          active={active}
          onActive={(index) => setSelected(groups[index]?.id)}
          onPress={open}
          onEnd={nextPage.load}
          keepsPlace
          headerRows={isNarrow ? 0 : 1}
          {...(!isNarrow && { minWidth: 1028 })}
          header={
            isNarrow ? undefined : (
              <div
                role="row"
                aria-rowindex={1}
                className={line.head}
                style={{ gridTemplateColumns: TEMPLATE }}
              >
                {COLUMNS.map(({ label = words.one, isNumber }) => (
                  <div
                    key={label}
                    role="columnheader"
                    className={isNumber ? line.number : line.cell}
                  >
                    {label}
                  </div>
                ))}
              </div>
            )
          }
          renderRow={(group) =>
            isNarrow ? (
              <div role="gridcell" className={line.cardCell}>
                <div className={css.cardTop}>
                  <OneLine text={group.id} className={line.cardName} />
                  <span>{plural(group.traces, 'request')}</span>
                  <Time time={group.last} />
                </div>
                <OneLine text={group.input} className={css.input} />
              </div>
            ) : (
              <div
                role="presentation"
                className={line.cells}
                style={{ gridTemplateColumns: TEMPLATE }}
              >
                {COLUMNS.map(({ label, isNumber, render }) => (
                  <div
                    key={label ?? ''}
                    role="gridcell"
                    className={isNumber ? line.number : line.cell}
                  >
                    {render(group)}
                  </div>
                ))}
              </div>
            )
          }
        />
      </div>
      <NextPageLine page={nextPage} />
    </div>
  );
}
