/** One trace on a page of its own. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { traceQuery } from '../server/queries.js';
import { moveKeptPlace } from '../state/kept-place.js';
import { keptState, listKey } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { usePageState } from '../state/use-page-state.js';
import { TraceView } from './trace-view.js';
import { useLiveTrace } from './use-live-trace.js';

export function TracePage(): ReactNode {
  const params = useParams({ strict: false }) as { readonly number?: string };
  const navigate = useNavigate();
  const number = Number(params.number);
  const key = listKey(usePageState());
  useEffect(() => moveKeptPlace(key, number), [key, number]);
  useLiveTrace(useQuery(traceQuery(number)).data?.trace);
  return (
    <TraceView
      key={number}
      number={number}
      onClose={() => {
        navigate({ to: '/requests', search: toSearch(keptState) }).catch(() => undefined);
      }}
    />
  );
}
