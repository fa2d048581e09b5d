import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { PageState } from './page-state.js';

/** The state of the page in its address. */
export function usePageState(): PageState {
  return useSearch({ strict: false }) as PageState;
}

/** Changes some of the state; `undefined` removes. It makes an entry of the history unless `replace` is set. */
export function useChangePageState(): (
  change: { readonly [Name in keyof PageState]?: PageState[Name] | undefined },
  options?: { readonly replace?: boolean },
) => void {
  const navigate = useNavigate();
  return useMemo(
    () => (change, options) => {
      navigate({
        to: '.',
        search: ((before: PageState) => ({ ...before, ...change })) as never,
        replace: options?.replace ?? false,
      }).catch(() => undefined);
    },
    [navigate],
  );
}
