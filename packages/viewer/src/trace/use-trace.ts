/** A trace and its steps: the first ones come with the trace, the others are loaded after it. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
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

/** A trace and those of its steps that are loaded. */
interface Loaded {
  readonly detail: TraceDetail;
  readonly steps: readonly StepSummary[];
  readonly isComplete: boolean;
}

const NONE: readonly StepSummary[] = [];

export function useTrace(number: number): TraceData {
  const query = useQuery(traceQuery(number));
  const { data: detail } = query;
  const [more, setMore] = useState<Loaded>();
  const lastComplete = useRef<Loaded>(undefined);
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
          setMore({ detail, steps: all.slice(), isComplete: false });
        }
      }
      setMore({ detail, steps: all, isComplete: true });
    };
    load().catch((error: unknown) => {
      if (!stop.signal.aborted) setFailure(error);
    });
    return () => stop.abort();
  }, [number, detail, tries]);

  const loaded = useMemo((): Loaded | undefined => {
    if (detail === undefined || more?.detail === detail) return more;
    const { steps } = detail;
    return { detail, steps, isComplete: steps.length >= detail.totalSteps };
  }, [detail, more]);
  if (loaded?.isComplete) lastComplete.current = loaded;
  // While a trace is loaded again, it stays as it was.
  const shown =
    lastComplete.current?.detail.trace.number === number ? lastComplete.current : loaded;

  return useMemo(
    () => ({
      detail: shown?.detail,
      steps: shown?.steps ?? NONE,
      isComplete: shown?.isComplete ?? false,
      isLoading: query.isPending,
      error: query.error ?? failure,
      retry: () => {
        setTries((count) => count + 1);
        if (query.error !== null) void query.refetch();
      },
    }),
    [shown, query, failure],
  );
}
