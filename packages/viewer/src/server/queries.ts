/** The queries of the page that more than one component makes, by keys that say what they load. */

import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query';
import type {
  Overview,
  OverviewGrouping,
  TraceDetail,
  TraceSummary,
} from '../../../local/src/page-api.js';
import { atTime, type FilteredTime, listKey, type PageState } from '../state/page-state.js';
import { api, type TraceVersion } from './api.js';
import { isOtherVersion } from './api-error.js';
import { reloadTrace } from './reload-trace.js';

export const infoQuery = queryOptions({
  queryKey: ['info'],
  queryFn: ({ signal }) => api.info(signal),
});

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => api.health(signal),
});

export function traceQuery(number: number) {
  return queryOptions({
    queryKey: ['trace', number],
    queryFn: ({ signal }) => api.trace(number, signal),
    structuralSharing: false,
  });
}

/** The server takes long to parse a larger row, and the reader would wait for it with what is opened instead. */
const MAX_PREFETCHED_BYTES = 1_000_000;

/** Loads a trace that may be opened next, without contents, unless it is large. */
export function prefetchTrace(
  queries: QueryClient,
  trace: Pick<TraceSummary, 'number' | 'bytes'> | null | undefined,
): void {
  if (trace == null || trace.bytes > MAX_PREFETCHED_BYTES) return;
  void queries.prefetchQuery(traceQuery(trace.number));
}

/** The traces beside one in the list that led to it. */
export function neighboursQuery(number: number, filter: PageState) {
  return queryOptions({
    queryKey: ['neighbours', number, listKey(filter)],
    queryFn: ({ signal }) => api.neighbours(number, filter, signal),
    // Others arrive and are deleted meanwhile.
    staleTime: 0,
  });
}

/** The version of a trace that a detail shows. */
export function versionOf({ trace, version }: TraceDetail): TraceVersion {
  return { number: trace.number, version };
}

/** The contents of a step, which may be large: they stay for a minute. */
export function stepQuery(trace: TraceVersion, index: number) {
  return queryOptions({
    queryKey: ['step', trace.number, trace.version, index],
    queryFn: ({ client, signal }) => ofVersion(client, trace, api.step(trace, index, signal)),
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

/** The steps of a trace whose contents have the words. */
export function findQuery(trace: TraceVersion, words: string) {
  return queryOptions({
    queryKey: ['find', trace.number, trace.version, words],
    queryFn: ({ client, signal }) => ofVersion(client, trace, api.find(trace, words, signal)),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The contents of the root of a trace, whatever version of it is there. */
export function rootQuery(number: number) {
  return queryOptions({
    queryKey: ['root', number],
    queryFn: ({ signal }) => api.root(number, signal),
    structuralSharing: false,
    gcTime: 60_000,
  });
}

/** A read of one version of a trace. If the server has another one by now, the trace is loaded again. */
export async function ofVersion<T>(
  queries: QueryClient,
  { number }: TraceVersion,
  read: Promise<T>,
): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (isOtherVersion(error)) void reloadTrace(queries, number);
    throw error;
  }
}

/** An overview, and the range of time that it was loaded for. */
export interface LoadedOverview extends Overview {
  readonly range: FilteredTime;
}

/** @param filters the filters of the address, without an order */
export function overviewQuery(filters: PageState, by: OverviewGrouping) {
  return queryOptions({
    queryKey: ['overview', listKey(filters), by],
    queryFn: async ({ signal }): Promise<LoadedOverview> => {
      const { from, to, ...others } = atTime(filters, Date.now());
      const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      return { ...(await api.overview({ ...others, ...range }, by, signal)), range };
    },
    refetchInterval: () => (document.hidden ? false : 10_000),
    placeholderData: keepPreviousData,
  });
}
