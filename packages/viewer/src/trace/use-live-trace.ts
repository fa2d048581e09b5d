import { useQueryClient } from '@tanstack/react-query';
import type { TraceSummary } from '../../../local/src/page-api.js';
import { reloadTrace } from '../server/reload-trace.js';
import { useLiveChanges } from '../ui/use-live-changes.js';

/** How far, in milliseconds, a late step may move the start of its trace. */
const MOVE_MS = 60_000;

/** Loads a trace again when its row changes: spans arrive late, and apps send feedback. */
export function useLiveTrace(trace: TraceSummary | undefined): void {
  const queries = useQueryClient();
  const reload = () => {
    if (trace !== undefined) void reloadTrace(queries, trace.number);
  };
  useLiveChanges({
    listQuery: trace && {
      pipeline: trace.pipelineId,
      from: Math.floor(trace.time) - MOVE_MS,
      to: Math.ceil(trace.time) + MOVE_MS,
    },
    onEvent: (event) => {
      if (event.type === 'changed' && event.traces.some(({ number }) => number === trace?.number)) {
        reload();
      }
    },
    onMissed: reload,
  });
}
