/** A tracer's counts in the Prometheus text format. */

import { BOUNDS_MS, type SendTimes } from '../publish/send-times.js';
import type { TracerStats } from './tracer-api.js';

const PREFIX = 'openlayer_tracing';

export function metricsText(stats: TracerStats, times: SendTimes): string {
  const lines: string[] = [];
  const metric = (
    name: string,
    type: 'counter' | 'gauge' | 'histogram',
    help: string,
    samples: readonly (readonly [suffix: string, value: number])[],
  ) => {
    const full = `${PREFIX}_${name}`;
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [suffix, value] of samples) lines.push(`${full}${suffix} ${value}`);
  };
  const one = (value: number) => [['', value]] as const;
  const byReason = (dropped: Readonly<Record<string, number>>) =>
    Object.entries(dropped).map(
      ([reason, count]) => [`{reason="${reason.replace(/[^\w]/g, '_')}"}`, count] as const,
    );
  metric('traces_started_total', 'counter', 'Traces that were started.', one(stats.started));
  metric(
    'traces_published_total',
    'counter',
    'Traces that the platform took.',
    one(stats.published),
  );
  metric(
    'traces_sampled_out_total',
    'counter',
    'Traces that sampling left out.',
    one(stats.sampledOut),
  );
  metric(
    'traces_dropped_total',
    'counter',
    'Traces that were lost, by reason.',
    byReason(stats.dropped),
  );
  metric(
    'traces_quarantined',
    'gauge',
    'Traces set aside on disk, which the platform refuses.',
    one(stats.quarantined),
  );
  metric('traces_open', 'gauge', 'Traces that have not ended.', one(stats.open));
  metric(
    'traces_queued',
    'gauge',
    'Traces in memory that are not delivered yet.',
    one(stats.queued),
  );
  metric(
    'traces_spooled',
    'gauge',
    'Traces on disk that are not delivered yet.',
    one(stats.spooled),
  );
  metric('queue_bytes', 'gauge', 'Bytes of the queue in memory.', one(stats.queuedBytes));
  metric(
    'spool_bytes',
    'gauge',
    'Bytes of the spool on disk, of all processes.',
    one(stats.spoolBytes),
  );
  const { adopted } = stats;
  metric(
    'adopted_total',
    'counter',
    'Traces adopted from processes that have ended.',
    one(adopted.found),
  );
  metric(
    'adopted_published_total',
    'counter',
    'Of these, those that the platform took.',
    one(adopted.published),
  );
  metric(
    'adopted_dropped_total',
    'counter',
    'Of these, those that were lost, by reason.',
    byReason(adopted.dropped),
  );
  metric('publish_duration_seconds', 'histogram', 'Time from the start of a delivery to its end.', [
    ...BOUNDS_MS.map(
      (bound, i) => [`_bucket{le="${bound / 1000}"}`, times.cumulative[i] ?? 0] as const,
    ),
    ['_bucket{le="+Inf"}', times.count],
    ['_sum', times.sumMs / 1000],
    ['_count', times.count],
  ]);
  return `${lines.join('\n')}\n`;
}
