import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo } from 'react';
import { foldedText, type StepSummary } from '../../../../local/src/page-api.js';
import type { TraceVersion } from '../../server/api.js';
import { isOtherVersion } from '../../server/api-error.js';
import { findQuery } from '../../server/queries.js';

export interface Find {
  readonly words: string;
  readonly isOn: boolean;
  readonly matches: ReadonlySet<number>;
  /** The matches in order. */
  readonly list: readonly number[];
  readonly isCut: boolean;
  readonly isLoading: boolean;
  /** Why contents could not be searched; `null` if they could. */
  readonly error: Error | null;
  readonly retry: () => void;
}

const NO_TRACE: TraceVersion = { number: 0, version: '' };

/** Finds steps by words. Matches in names appear at once, those in contents when the server has responded. */
export function useFind(
  trace: TraceVersion | undefined,
  steps: readonly StepSummary[],
  words: string,
): Find {
  const sought = useDeferredValue(words.trim());
  const query = useQuery({
    ...findQuery(trace ?? NO_TRACE, sought),
    enabled: sought !== '' && trace !== undefined,
  });
  const { data, refetch } = query;
  const isReloaded = isOtherVersion(query.error);
  const isFetching = query.isFetching || isReloaded;
  const error = isReloaded ? null : query.error;
  return useMemo(() => {
    const matches = new Set<number>(sought === '' ? [] : data?.steps);
    const wanted = foldedText(sought);
    if (wanted !== '') {
      for (const { index, name } of steps) {
        if (foldedText(name).includes(wanted)) matches.add(index);
      }
    }
    const list = [...matches].sort((a, b) => a - b);
    return {
      words: sought,
      isOn: sought !== '',
      matches,
      list,
      isCut: data?.isCut ?? false,
      isLoading: isFetching,
      error: sought === '' ? null : error,
      retry: () => void refetch(),
    };
  }, [sought, data, steps, isFetching, error, refetch]);
}
