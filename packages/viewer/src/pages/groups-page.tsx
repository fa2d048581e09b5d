/** Sessions or users with their requests, newest first. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Group } from '../../../local/src/page-api.js';
import {
  cutMiddle,
  formatCost,
  formatCount,
  formatExactTime,
  formatTime,
  plural,
} from '../format.js';
import { api } from '../server/api.js';
import { useClock } from '../state/clock.js';
import { usePageState } from '../state/use-page-state.js';
import { Grid } from '../ui/grid.js';
import line from '../ui/grid-row.module.css';
import { NextPageLine, nextPageOf } from '../ui/next-page.js';
import { Empty, Failure, Loading } from '../ui/states.js';
import { useIsNarrow } from '../ui/use-is-narrow.js';
import { OneLine } from '../ui/visible-text.js';
import css from './groups-page.module.css';

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
const TEMPLATE = 'minmax(140px, 1fr) minmax(200px, 2fr) 84px 64px 84px 84px 108px 108px';

export function GroupsPage(): ReactNode {
  const { pathname } = useLocation();
  const kind = pathname.startsWith('/users') ? 'users' : 'sessions';
  const { q = '' } = usePageState();
  const navigate = useNavigate();
  const clock = useClock();
  const isNarrow = useIsNarrow();
  const [active, setActive] = useState(-1);
  const query = useInfiniteQuery({
    queryKey: ['groups', kind, q],
    queryFn: ({ pageParam, signal }) => api.groups(kind, q, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: ({ state }) =>
      document.hidden || (state.data?.pages.length ?? 0) > 1 ? false : 5000,
  });
  const groups = useMemo(
    () => query.data?.pages.flatMap((page) => page.groups) ?? [],
    [query.data],
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
      <Grid<Group>
        label={words.title}
        role="grid"
        count={groups.length}
        rowAt={(index) => groups[index] as Group}
        factsOf={({ id }) => ({ key: id, className: isNarrow ? line.card : line.row })}
        rowHeight={isNarrow ? 56 : 32}
        active={active}
        onActive={(index) => {
          setActive(index);
          open(index);
        }}
        onOpen={open}
        onEnd={nextPage.load}
        headerRows={isNarrow ? 0 : 1}
        {...(!isNarrow && { minWidth: 980 })}
        header={
          isNarrow ? undefined : (
            <div
              role="row"
              aria-rowindex={1}
              className={line.head}
              style={{ gridTemplateColumns: TEMPLATE }}
            >
              {[
                words.one,
                'Last question',
                'Requests',
                'Failed',
                'Tokens',
                'Cost',
                'First',
                'Last',
              ].map((label, place) => (
                <div
                  key={label}
                  role="columnheader"
                  className={place >= 2 && place <= 5 ? line.number : line.cell}
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
                <time>{formatTime(group.last, clock.now, clock)}</time>
              </div>
              <OneLine text={group.input} className={css.input} />
            </div>
          ) : (
            <div
              role="presentation"
              className={line.cells}
              style={{ gridTemplateColumns: TEMPLATE }}
            >
              <div role="gridcell" className={line.cell}>
                <OneLine text={cutMiddle(group.id, 60)} />
              </div>
              <div role="gridcell" className={`${line.cell} ${css.input}`}>
                <OneLine text={group.input.replace(/\s+/g, ' ')} />
              </div>
              <div role="gridcell" className={line.number}>
                {formatCount(group.traces)}
              </div>
              <div
                role="gridcell"
                className={`${line.number} ${group.failed > 0 ? css.failed : ''}`}
              >
                {formatCount(group.failed)}
              </div>
              <div role="gridcell" className={line.number}>
                {formatCount(group.tokens)}
              </div>
              <div role="gridcell" className={line.number}>
                {formatCost(group.cost)}
              </div>
              {[group.first, group.last].map((time, place) => (
                <div
                  key={place}
                  role="gridcell"
                  className={line.cell}
                  title={formatExactTime(time, clock.zone)}
                >
                  <time>{formatTime(time, clock.now, clock)}</time>
                </div>
              ))}
            </div>
          )
        }
      />
      <NextPageLine page={nextPage} />
    </div>
  );
}
