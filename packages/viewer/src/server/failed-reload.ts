/** Queries of the page whose data is old, because it could not be loaded again. */

import { notifyManager, type Query, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useCallback, useSyncExternalStore } from 'react';
import { ApiError } from './api-error.js';

/** Why something that is shown could not be loaded again; undefined if all could, or the server does not respond at all. */
export function useFailedReload(): Error | undefined {
  const queries = useQueryClient();
  const subscribe = useCallback(
    (listener: () => void) => queries.getQueryCache().subscribe(notifyManager.batchCalls(listener)),
    [queries],
  );
  return useSyncExternalStore(subscribe, () => {
    const failed = queries.getQueryCache().findAll({ type: 'active', predicate: isOld });
    return failed.find(({ state }) => !isAway(state.error))?.state.error ?? undefined;
  });
}

/** Loads again all that is shown and could not be loaded. */
export function reloadFailed(queries: QueryClient): void {
  void queries.refetchQueries({ type: 'active', predicate: hasFailed });
}

function isOld(query: Query): boolean {
  return query.state.data !== undefined && hasFailed(query);
}

/** A next page that failed is none of them: the line below the list says so. */
function hasFailed({ state: { status, fetchMeta } }: Query): boolean {
  return status === 'error' && fetchMeta?.fetchMore === undefined;
}

function isAway(error: unknown): boolean {
  return error instanceof ApiError && error.status === 0;
}
