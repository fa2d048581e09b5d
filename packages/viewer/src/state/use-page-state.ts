import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { PageState } from './page-state.js';
import { type PageChange, toSearch } from './to-search.js';

/** The state of the page in its address. */
export function usePageState(): PageState {
  return useSearch({ strict: false }) as PageState;
}

/** Changes some of the state; `undefined` removes. It makes an entry of the history unless `replace` is set. */
export function useChangePageState(): (
  change: PageChange,
  options?: { readonly replace?: boolean },
) => void {
  const navigate = useNavigate();
  return useMemo(
    () => (change, options) => {
      navigate({
        to: '.',
        search: toSearch((before) => ({ ...before, ...change })),
        replace: options?.replace ?? false,
      }).catch(() => undefined);
    },
    [navigate],
  );
}
