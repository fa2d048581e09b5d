import { useQueryClient } from '@tanstack/react-query';
import type { TraceSummary } from '../../../local/src/page-api.js';
import { api } from '../server/api.js';
import { reloadTrace, syncTraces } from '../server/reload-trace.js';
import { useLiveChanges } from '../ui/use-live-changes.js';

/** How far, in milliseconds, a late step may move the start of its trace. */
const MOVE_MS = 60_000;

/** Loads a trace again when its row changes: spans arrive late, and apps send feedback. */
export function useLiveTrace(trace: TraceSummary | undefined): void {
  const queries = useQueryClient();
  useLiveChanges({
    listQuery: trace && {
      pipeline: trace.pipelineId,
      from: Math.floor(trace.time) - MOVE_MS,
      to: Math.ceil(trace.time) + MOVE_MS,
    },
    onEvent: (event) => {
      if (event.type !== 'changed' || trace === undefined) return;
      const { number } = trace;
      if (event.traces.some((each) => each.number === number)) void reloadTrace(queries, number);
    },
    onMissed: () => void syncTraces(queries, api.trace),
  });
}
