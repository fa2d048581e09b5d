/** The next page of a list: loaded at its end, and after a failure only by a click. */

import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import controls from '../styles/controls.module.css';
import css from './next-page.module.css';

export interface NextPage {
  readonly isLoading: boolean;
  /** `null` if the last load did not fail. */
  readonly error: Error | null;
  /** Loads it if there is one, unless something is being loaded or the last load failed. */
  readonly load: () => void;
  readonly retry: () => void;
}

export function nextPageOf(query: UseInfiniteQueryResult<unknown>): NextPage {
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query;
  const retry = () => void fetchNextPage();
  return {
    isLoading: query.isFetchingNextPage,
    error: isFetchNextPageError ? query.error : null,
    load: () => {
      if (hasNextPage && !isFetching && !isFetchNextPageError) retry();
    },
    retry,
  };
}

/** The line below a list. */
export function NextPageLine({ page }: { readonly page: NextPage }): ReactNode {
  if (page.isLoading) return <p className={css.line}>Loading more</p>;
  if (page.error === null) return null;
  return (
    <p className={css.line} role="alert">
      {page.error.message}
      <button type="button" className={controls.link} onClick={page.retry}>
        Try again
      </button>
    </p>
  );
}
