/** One trace on a page of its own. */

import { useNavigate, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { keptState } from '../state/page-state.js';
import { toSearch } from '../state/to-search.js';
import { TraceView } from './trace-view.js';

export function TracePage(): ReactNode {
  const params = useParams({ strict: false }) as { readonly number?: string };
  const navigate = useNavigate();
  const number = Number(params.number);
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
