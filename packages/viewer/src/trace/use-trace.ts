/** A trace and its steps: the first ones come with the trace, the others are loaded after it. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import {
  MAX_STEPS_LENGTH,
  type StepSummary,
  type TraceDetail,
} from '../../../local/src/page-api.js';
import { addSteps } from '../reading/step-columns.js';
import { api } from '../server/api.js';
import { traceQuery } from '../server/queries.js';

export interface TraceData {
  readonly detail: TraceDetail | undefined;
  readonly steps: readonly StepSummary[];
  readonly isComplete: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly retry: () => void;
}

const NONE: readonly StepSummary[] = [];

export function useTrace(number: number): TraceData {
  const query = useQuery(traceQuery(number));
  const { data: detail } = query;
  const [more, setMore] = useState<{
    readonly of: TraceDetail;
    readonly steps: readonly StepSummary[];
    readonly isAll: boolean;
  }>();
  const [failure, setFailure] = useState<unknown>();
  const [tries, setTries] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a try starts it again.
  useEffect(() => {
    if (detail === undefined || detail.steps.length >= detail.totalSteps) return;
    const stop = new AbortController();
    setFailure(undefined);
    const load = async () => {
      const all = [...detail.steps];
      while (all.length < detail.totalSteps) {
        const columns = await api.steps(number, all.length, MAX_STEPS_LENGTH, stop.signal);
        // The server has fewer steps than it says: stop, since the loop would never end.
        if (columns.parent.length === 0) break;
        addSteps(all, columns);
        if (all.length < detail.totalSteps) {
          setMore({ of: detail, steps: all.slice(), isAll: false });
        }
      }
      setMore({ of: detail, steps: all, isAll: true });
    };
    load().catch((error: unknown) => {
      if (!stop.signal.aborted) setFailure(error);
    });
    return () => stop.abort();
  }, [number, detail, tries]);

  return useMemo(() => {
    const steps = more !== undefined && more.of === detail ? more.steps : (detail?.steps ?? NONE);
    return {
      detail,
      steps,
      isComplete:
        detail !== undefined &&
        (detail.steps.length >= detail.totalSteps || (more?.of === detail && more.isAll)),
      isLoading: query.isPending,
      error: query.error ?? failure,
      retry: () => {
        setTries((count) => count + 1);
        if (query.error !== null) void query.refetch();
      },
    };
  }, [detail, more, query, failure]);
}
