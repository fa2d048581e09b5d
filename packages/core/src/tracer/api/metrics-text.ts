/** A tracer's counts in the Prometheus text format. */

import { BOUNDS_MS, type SendTimes } from '../../publish/counts/send-times.js';
import type { DestinationStats, TracerStats } from './tracer-api.js';

const PREFIX = 'openlayer_tracing';

type Metric = (
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly (readonly [suffix: string, value: number])[],
) => void;

export function metricsText(stats: TracerStats, times: SendTimes): string {
  const lines: string[] = [];
  const metric: Metric = (name, type, help, samples) => {
    const full = `${PREFIX}_${name}`;
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [suffix, value] of samples) lines.push(`${full}${suffix} ${value}`);
  };
  const one = (value: number) => [['', value]] as const;
  const byReason = (dropped: Readonly<Record<string, number>>) =>
    Object.entries(dropped).map(
      ([reason, count]) => [`{reason="${reasonLabel(reason)}"}`, count] as const,
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
    'Traces quarantined on disk, which the platform refuses.',
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
    'Adopted traces that the platform took.',
    one(adopted.published),
  );
  metric(
    'adopted_dropped_total',
    'counter',
    'Adopted traces that were lost, by reason.',
    byReason(adopted.dropped),
  );
  exportMetrics(stats.exports ?? {}, metric);
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

/** The counts of each export, with its name as the label `export`. */
function exportMetrics(exports: Readonly<Record<string, DestinationStats>>, metric: Metric): void {
  const all = Object.entries(exports);
  if (all.length === 0) return;
  const each = (count: (stats: DestinationStats) => number) =>
    all.map(([name, stats]) => [`{export="${name}"}`, count(stats)] as const);
  metric(
    'export_published_total',
    'counter',
    'Traces that an export took.',
    each(({ published }) => published),
  );
  metric(
    'export_dropped_total',
    'counter',
    'Traces that were lost on the way to an export, by reason.',
    all.flatMap(([name, { dropped }]) =>
      Object.entries(dropped).map(
        ([reason, count]) => [`{export="${name}",reason="${reasonLabel(reason)}"}`, count] as const,
      ),
    ),
  );
  metric(
    'export_quarantined',
    'gauge',
    'Traces quarantined on disk, which an export refuses.',
    each(({ quarantined }) => quarantined),
  );
  metric(
    'export_queued',
    'gauge',
    'Traces in memory that an export does not have yet.',
    each(({ queued }) => queued),
  );
  metric(
    'export_spooled',
    'gauge',
    'Traces on disk that an export does not have yet.',
    each(({ spooled }) => spooled),
  );
}

function reasonLabel(reason: string): string {
  return reason.replace(/[^\w]/g, '_');
}
