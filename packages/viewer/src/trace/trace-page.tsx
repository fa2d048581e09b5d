/** One trace on a page of its own. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { neighboursQuery, traceQuery } from '../server/queries.js';
import { moveKeptPlace } from '../state/kept-place.js';
import { keptState, listKey, listQueryOf } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { usePageState } from '../state/use-page-state.js';
import { TraceView } from './trace-view.js';
import { useLiveTrace } from './use-live-trace.js';

export function TracePage(): ReactNode {
  const params = useParams({ strict: false }) as { readonly number?: string };
  const navigate = useNavigate();
  const number = Number(params.number);
  const state = usePageState();
  const key = listKey(state);
  const queries = useQueryClient();
  useEffect(() => moveKeptPlace(key, number), [key, number]);
  useLiveTrace(useQuery(traceQuery(number)).data?.trace);
  const close = () => {
    navigate({ to: '/requests', search: toSearch(keptState) }).catch(() => undefined);
  };
  const showNeighbour = () => {
    const { queryKey } = neighboursQuery(number, listQueryOf(state));
    const { next, previous } = queries.getQueryData(queryKey) ?? { next: null, previous: null };
    const to = next ?? previous;
    if (to === null) {
      close();
      return;
    }
    navigate({
      to: '/traces/$number',
      params: { number: String(to.number) },
      search: toSearch((before) => ({ ...before, step: undefined, find: undefined })),
      replace: true,
    }).catch(() => undefined);
  };
  return <TraceView key={number} number={number} onClose={close} onDeleted={showNeighbour} />;
}
