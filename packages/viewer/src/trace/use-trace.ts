/** A trace and its steps: the first ones come with the trace, the others are loaded after it. */

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import {
  MAX_STEPS_LENGTH,
  type StepColumns,
  type StepSummary,
  type TraceDetail,
} from '../../../local/src/page-api.js';
import { addSteps } from '../reading/step-columns.js';
import { api } from '../server/api.js';
import { isOtherVersion } from '../server/api-error.js';
import { ofVersion, traceQuery, versionOf } from '../server/queries.js';

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

const NO_STEPS: readonly StepSummary[] = [];
/** Parts of the steps that are requested at the same time. */
const MAX_REQUESTS = 4;
/** If the next part takes longer, the steps before it are shown. */
const PATIENCE_MS = 100;

export function useTrace(number: number): TraceData {
  const queries = useQueryClient();
  const query = useQuery(traceQuery(number));
  const { data: detail } = query;
  const [more, setMore] = useState<Loaded>();
  const lastComplete = useRef<Loaded>(undefined);
  const [failure, setFailure] = useState<unknown>();
  const [tries, setTries] = useState(0);

  // A layout effect, so that the steps are requested before the contents of one, which take the server longer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a try starts it again.
  useLayoutEffect(() => {
    if (detail === undefined || detail.steps.length >= detail.totalSteps) return;
    const stop = new AbortController();
    setFailure(undefined);
    const all = [...detail.steps];
    const load = async () => {
      const parts = new StepParts(queries, detail, stop.signal);
      while (all.length < detail.totalSteps) {
        const part = parts.from(all.length);
        if (!(await isSettledWithin(part, PATIENCE_MS))) {
          setMore({ detail, steps: all.slice(), isComplete: false });
        }
        const columns = await part;
        // The server has fewer steps than it says: stop, since the loop would never end.
        if (columns.parent.length === 0) break;
        addSteps(all, columns);
      }
      setMore({ detail, steps: all, isComplete: true });
    };
    load().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      // The steps that arrived before it failed.
      setMore({ detail, steps: all.slice(), isComplete: false });
      // The trace is then being loaded again.
      if (!isOtherVersion(error)) setFailure(error);
    });
    return () => stop.abort();
  }, [queries, detail, tries]);

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
      steps: shown?.steps ?? NO_STEPS,
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

/** The steps that did not come with the trace. Their first parts are requested at once. */
class StepParts {
  readonly #request: (from: number) => Promise<StepColumns>;
  readonly #requested = new Map<number, Promise<StepColumns>>();

  constructor(queries: QueryClient, detail: TraceDetail, signal: AbortSignal) {
    const { steps, totalSteps } = detail;
    const trace = versionOf(detail);
    const count = MAX_STEPS_LENGTH;
    this.#request = (from) => ofVersion(queries, trace, api.steps(trace, { from, count }, signal));
    for (let place = 0; place < MAX_REQUESTS; place++) {
      const from = steps.length + place * MAX_STEPS_LENGTH;
      if (from >= totalSteps) break;
      const part = this.#request(from);
      // If an earlier part fails, nothing waits for this one.
      part.catch(() => undefined);
      this.#requested.set(from, part);
    }
  }

  /** The part that begins at a step: a part before it may have been shorter than it could be. */
  from(index: number): Promise<StepColumns> {
    const known = this.#requested.get(index);
    this.#requested.delete(index);
    return known ?? this.#request(index);
  }
}

async function isSettledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const isSettled = promise.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([isSettled, isLate]);
  clearTimeout(timer);
  return result;
}
