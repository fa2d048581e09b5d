import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { TraceSummary } from '../../../local/src/page-api.js';
import { openLive } from '../server/live-stream.js';
import { reloadTrace } from '../server/reload-trace.js';

/** How far, in milliseconds, a late step may move the start of its trace. */
const MOVE_MS = 60_000;

/** Loads a trace again when its row changes: spans arrive late, and apps send feedback. */
export function useLiveTrace(trace: TraceSummary | undefined): void {
  const queries = useQueryClient();
  const { number, pipelineId, time } = trace ?? {};
  useEffect(() => {
    if (number === undefined || pipelineId === undefined || time === undefined) return;
    let isFirst = true;
    const live = openLive({
      listQuery: {
        pipeline: pipelineId,
        from: Math.floor(time) - MOVE_MS,
        to: Math.ceil(time) + MOVE_MS,
      },
      onEvent: (event) => {
        const isChanged =
          event.type === 'changed' && event.traces.some((each) => each.number === number);
        if (isChanged) void reloadTrace(queries, number);
      },
      onState: (state) => {
        // Events may have been missed while there was no stream.
        if (state === 'open' && !isFirst) void reloadTrace(queries, number);
        if (state === 'open') isFirst = false;
      },
    });
    return () => live.close();
  }, [number, pipelineId, time, queries]);
}
