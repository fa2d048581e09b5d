/** The rows of the list: pages of the server, and rows that arrive meanwhile. */

import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ServerEvent, TracePage, TraceSummary } from '../../../local/src/page-api.js';
import { ApiError, api } from '../api.js';
import { openLive } from '../live.js';
import { filterOf, stringifySearch, type ViewSearch } from '../search.js';
import { changeLive, liveNow, useLiveSwitch } from '../ui/live-switch.js';

const PAGE = 100;
/** Unshown rows kept at most; beyond it the list is reloaded when they are shown. */
const MAX_HELD = 500;
/** Shortest time between reloads when events omit rows. */
const RELOAD_MS = 1000;
/** A longer first page is reloaded. */
const MAX_HEAD = 1000;

type Pages = InfiniteData<TracePage, string | undefined>;

export interface TraceList {
  readonly rows: readonly TraceSummary[];
  readonly total: number;
  readonly isTotalExact: boolean;
  readonly isLoading: boolean;
  /** Whether the rows are those of the previous filter. */
  readonly isOld: boolean;
  readonly isLoadingMore: boolean;
  readonly hasMore: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
  readonly retry: () => void;
  /** Shows the rows that were held back. */
  readonly showHeld: () => void;
  /** Numbers of the rows that arrived last. */
  readonly fresh: ReadonlySet<number>;
}

/**
 * @param mayMove returns whether rows may appear above the others: not while somebody reads them
 */
export function useTraceList(search: ViewSearch, mayMove: () => boolean): TraceList {
  const queries = useQueryClient();
  const filter = useMemo(() => filterOf(search), [search]);
  const text = stringifySearch({ ...filter });
  const key = useMemo(() => ['traces', text], [text]);
  const held = useRef(new Map<number, TraceSummary>());
  const omitted = useRef(0);
  const newest = useRef(0);
  const [refusal, setRefusal] = useState<ApiError>();
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const { isPaused } = useLiveSwitch();
  const isByTime = filter.sort === undefined && filter.order === undefined;

  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      api.traces(
        filter,
        { limit: PAGE, ...(pageParam !== undefined && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    // The rows of the previous filter stay until the new ones are loaded.
    placeholderData: keepPreviousData,
  });

  const reloaded = useRef(0);
  const reload = useCallback(async () => {
    reloaded.current = Date.now();
    held.current.clear();
    omitted.current = 0;
    changeLive({ held: 0 });
    // Keep only the first page: the others are loaded again when they are scrolled to.
    queries.setQueryData<Pages>(key, (data) =>
      data === undefined
        ? data
        : { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) },
    );
    await queries.refetchQueries({ queryKey: key, exact: true });
  }, [queries, key]);

  const showHeld = useCallback(() => {
    if (omitted.current > 0 || !isByTime) {
      void reload();
      return;
    }
    const arrived = [...held.current.values()];
    held.current.clear();
    changeLive({ held: 0 });
    if (arrived.length === 0) return;
    setFresh(new Set(arrived.map(({ number }) => number)));
    const data = queries.getQueryData<Pages>(key);
    if ((data?.pages[0]?.traces.length ?? 0) + arrived.length > MAX_HEAD) void reload();
    else queries.setQueryData<Pages>(key, (old) => withArrived(old, arrived));
  }, [queries, key, reload, isByTime]);

  const onTraces = useCallback(
    (traces: readonly TraceSummary[], more: number) => {
      for (const trace of traces) {
        if (trace.number <= newest.current) continue;
        if (held.current.size < MAX_HELD) held.current.set(trace.number, trace);
        else omitted.current++;
      }
      omitted.current += more;
      newest.current = Math.max(newest.current, ...traces.map(({ number }) => number));
      const count = held.current.size + omitted.current;
      if (count === 0) return;
      const isTooSoon = omitted.current > 0 && Date.now() - reloaded.current < RELOAD_MS;
      if (isByTime && !liveNow().isPaused && mayMove() && !isTooSoon) showHeld();
      else changeLive({ held: count });
    },
    [isByTime, mayMove, showHeld],
  );

  const isLoaded = query.data !== undefined && !query.isPlaceholderData;
  const first = isLoaded ? query.data?.pages[0]?.newest : undefined;
  useEffect(() => {
    if (first !== undefined) newest.current = Math.max(newest.current, first);
  }, [first]);

  useEffect(() => {
    if (!isLoaded) return;
    const catchUp = async () => {
      const page = await api
        .traces({ ...filter, sort: 'time', order: 'desc' }, { limit: PAGE })
        .catch(() => undefined);
      if (page === undefined) return;
      const missed = page.traces.filter(({ number }) => number > newest.current);
      onTraces(missed, missed.length === PAGE ? 1 : 0);
    };
    const onEvent = (event: ServerEvent) => {
      if (event.type === 'traces') onTraces(event.traces, event.omitted);
      else if (event.type === 'changed') {
        const changed = new Map(event.traces.map((trace) => [trace.number, trace]));
        for (const [number, trace] of changed) {
          if (held.current.has(number)) held.current.set(number, trace);
          void queries.invalidateQueries({ queryKey: ['trace', number] });
        }
        queries.setQueryData<Pages>(key, (old) => withChanged(old, changed));
      } else if (event.type === 'deleted') {
        const gone = new Set(event.numbers);
        queries.setQueryData<Pages>(key, (old) => withoutDeleted(old, event.upTo, gone));
      }
    };
    const live = openLive({
      filter,
      onEvent,
      onState: (state) => {
        changeLive({ state });
        if (state === 'open') void catchUp();
        if (state === 'unknown-token') setRefusal(new ApiError(401, 'the token is unknown'));
      },
    });
    return () => {
      live.close();
      held.current.clear();
      omitted.current = 0;
      changeLive({ state: undefined, held: 0 });
    };
  }, [isLoaded, filter, key, queries, onTraces]);

  useEffect(() => {
    if (!isPaused && mayMove()) showHeld();
  }, [isPaused, mayMove, showHeld]);

  const pages = query.data?.pages;
  // Nothing more can be read without another token, so that the page asks for it instead of showing old rows.
  const rows = useMemo(
    () => (refusal === undefined ? (pages ?? []) : []).flatMap(({ traces }) => traces),
    [pages, refusal],
  );
  return {
    rows,
    total: pages?.[0]?.total ?? 0,
    isTotalExact: pages?.[0]?.isTotalExact ?? true,
    isLoading: query.isPending,
    isOld: query.isPlaceholderData,
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    error: refusal ?? query.error,
    loadMore: () => {
      if (query.hasNextPage && !query.isFetching && !query.isPlaceholderData)
        void query.fetchNextPage();
    },
    retry: () => void query.refetch(),
    showHeld,
    fresh,
  };
}

function withArrived(data: Pages | undefined, arrived: readonly TraceSummary[]): Pages | undefined {
  const [head, ...others] = data?.pages ?? [];
  if (data === undefined || head === undefined) return data;
  const known = new Set(head.traces.map(({ number }) => number));
  const added = arrived.filter(({ number }) => !known.has(number));
  const traces = [...added, ...head.traces].sort((a, b) => b.time - a.time || b.number - a.number);
  return { ...data, pages: [{ ...head, traces, total: head.total + added.length }, ...others] };
}

function withChanged(
  data: Pages | undefined,
  changed: ReadonlyMap<number, TraceSummary>,
): Pages | undefined {
  if (data === undefined) return data;
  const pages = data.pages.map((page) =>
    page.traces.some(({ number }) => changed.has(number))
      ? { ...page, traces: page.traces.map((trace) => changed.get(trace.number) ?? trace) }
      : page,
  );
  return { ...data, pages };
}

function withoutDeleted(
  data: Pages | undefined,
  upTo: number,
  gone: ReadonlySet<number>,
): Pages | undefined {
  if (data === undefined) return data;
  const pages = data.pages.map((page) => ({
    ...page,
    traces: page.traces.filter(({ number }) => number > upTo && !gone.has(number)),
  }));
  return { ...data, pages };
}
