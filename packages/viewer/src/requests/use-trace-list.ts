/** The rows of the list: pages of the server, and rows that arrive meanwhile. */

import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { MAX_PAGE_LENGTH, type TraceSummary } from '../../../local/src/page-api.js';
import { api } from '../server/api.js';
import { openLive } from '../server/live-stream.js';
import { reloadTrace, syncTraces } from '../server/reload-trace.js';
import { liveNow, showConnection, showHeldCount, useLiveSwitch } from '../state/live-switch.js';
import { filtersOf, listKey, listQueryOf, type PageState } from '../state/page-state.js';
import { type NextPage, nextPageOf } from '../ui/grid/next-page.js';
import { areWordsLeftOut, type ListPage, type Pages } from './list-pages.js';
import { LiveList } from './live-list.js';

/** Rows of the first page, and of the others. */
const FIRST_PAGE = 100;
const NEXT_PAGE = MAX_PAGE_LENGTH;
/** How long the pages of a list stay after it was left: the place of the reader is among them. */
const KEPT_MS = 60 * 60_000;
/** Time between two loads of a range that ends now. */
const MOVE_MS = 60_000;

export interface TraceList {
  readonly rows: readonly TraceSummary[];
  readonly total: number;
  readonly isTotalExact: boolean;
  /** Whether rows may be missing, because more words contain a part than the search looks for. */
  readonly areWordsLeftOut: boolean;
  readonly isLoading: boolean;
  /** Whether nothing is known of the list: it is loaded for the first time, or could not be loaded. */
  readonly isUnknown: boolean;
  /** Whether the rows are those of the previous filters and order. */
  readonly isOld: boolean;
  readonly nextPage: NextPage;
  /** Why the list could not be loaded; `null` if it could. */
  readonly error: unknown;
  readonly retry: () => void;
  /** Shows the rows that were held back. */
  readonly showHeld: () => void;
  /** Numbers of the rows that arrived last. */
  readonly fresh: ReadonlySet<number>;
}

/**
 * @param mayMove returns whether rows may appear above the others: not while somebody reads them
 */
export function useTraceList(pageState: PageState, mayMove: () => boolean): TraceList {
  const queries = useQueryClient();
  const listQuery = useListQuery(pageState);
  const key = useMemo(() => ['traces', listKey(listQuery)], [listQuery]);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const { isPaused } = useLiveSwitch();

  const load = useCallback(
    (cursor: string | undefined, signal: AbortSignal): Promise<ListPage> => {
      const page = cursor === undefined ? { limit: FIRST_PAGE } : { limit: NEXT_PAGE, cursor };
      return api.traces(listQuery, page, signal);
    },
    [listQuery],
  );
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    // The live list keeps the pages up to date.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
    structuralSharing: false,
    // The rows of the previous filters stay until the new ones are loaded.
    placeholderData: keepPreviousData,
  });

  const list = useMemo(
    () =>
      new LiveList({
        read: () => queries.getQueryData<Pages>(key),
        write: (data) => queries.setQueryData<Pages>(key, data),
        isLoading: () => queries.isFetching({ queryKey: key, exact: true }) > 0,
        load,
        reload: async () => {
          // The other pages are loaded again when they are scrolled to.
          queries.setQueryData<Pages>(
            key,
            (data) =>
              data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
          );
          await queries.refetchQueries({ queryKey: key, exact: true });
          return queries.getQueryState(key)?.status === 'success';
        },
        isByTime: listQuery.sort === undefined && listQuery.order === undefined,
        isFiltered: listKey(filtersOf(listQuery)) !== '',
        mayShow: () => !liveNow().isPaused && mayMove(),
        onHeld: showHeldCount,
        onShown: setFresh,
      }),
    [queries, key, load, listQuery, mayMove],
  );

  const isLoaded = query.data !== undefined && !query.isPlaceholderData;
  useEffect(() => {
    if (!isLoaded) return;
    const live = openLive({
      listQuery,
      onEvent: (event) => {
        list.onEvent(event);
        if (event.type !== 'changed') return;
        for (const { number } of event.traces) {
          void reloadTrace(queries, number);
        }
      },
      onState: (state) => {
        showConnection(state);
        // Events may have been missed. Without a stream the list is loaded again at each attempt to open one.
        if (state === 'open' || state === 'refused') {
          void list.sync();
          void syncTraces(queries, api.trace);
        }
      },
    });
    // A range that ends now moves on: rows leave it.
    const moving =
      listQuery.last !== undefined &&
      setInterval(() => {
        if (!document.hidden) void list.sync();
      }, MOVE_MS);
    return () => {
      if (moving !== false) clearInterval(moving);
      live.close();
      list.close();
      showConnection(undefined);
    };
  }, [isLoaded, listQuery, queries, list]);

  const { isFetching } = query;
  useEffect(() => {
    if (!isFetching) list.onLoaded();
  }, [isFetching, list]);

  useEffect(() => {
    if (!isPaused && mayMove()) list.showHeld();
  }, [isPaused, mayMove, list]);

  const pages = query.data?.pages;
  const rows = useMemo(() => (pages ?? []).flatMap(({ traces }) => traces), [pages]);
  return {
    rows,
    total: pages?.[0]?.total ?? 0,
    isTotalExact: pages?.[0]?.isTotalExact ?? true,
    areWordsLeftOut: areWordsLeftOut(pages ?? []),
    isLoading: query.isPending,
    isUnknown: pages === undefined,
    isOld: query.isPlaceholderData,
    nextPage: nextPageOf(query),
    error: query.isFetchNextPageError ? null : query.error,
    retry: () => void query.refetch(),
    showHeld: () => list.showHeld(),
    fresh,
  };
}

/** The filters and the order of an address: the same object until they change. */
function useListQuery(state: PageState): PageState {
  const listQuery = listQueryOf(state);
  const key = listKey(listQuery);
  const kept = useRef({ listQuery, key });
  if (kept.current.key !== key) kept.current = { listQuery, key };
  return kept.current.listQuery;
}
