/** The queries of the page that more than one component makes, by keys that say what they load. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { OverviewGrouping } from '../../../local/src/page-api.js';
import { listKey, type PageState } from '../state/page-state.js';
import { api } from './api.js';

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

/** The contents of a step, which may be large: they stay for a minute. */
export function stepQuery(number: number, index: number) {
  return queryOptions({
    queryKey: ['step', number, index],
    queryFn: ({ signal }) => api.step(number, index, signal),
    structuralSharing: false,
    gcTime: 60_000,
  });
}

/** @param filters the filters of the address, without an order */
export function overviewQuery(filters: PageState, by: OverviewGrouping) {
  return queryOptions({
    queryKey: ['overview', listKey(filters), by],
    queryFn: ({ signal }) => api.overview(filters, by, signal),
    refetchInterval: () => (document.hidden ? false : 10_000),
    placeholderData: keepPreviousData,
  });
}
