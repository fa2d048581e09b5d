/** Makes two recordings of the same calls equal: ids, times, ports and paths differ in each. */

import type { SpanData } from '@openlayer-tracing/otel/dialects';

export interface Recording {
  /** The packages that made the spans. */
  readonly versions: Readonly<Record<string, string>>;
  readonly spans: readonly SpanData[];
}

interface Machine {
  /** Address of the model server. */
  readonly url: string;
  /** Folder in which the scenario ran. */
  readonly folder: string;
}

/** 2026-01-01 */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The recording with the n-th id numbered n, the n-th instant n milliseconds after the first, and addresses of no machine. */
export function normalized(recording: Recording, { url, folder }: Machine): Recording {
  const ids = new Map<string, string>();
  const times = recording.spans.flatMap(timesOf);
  const dates = datesIn(recording, Math.min(...times));
  const instants = [...new Set([...times, ...dates.values()])].sort((a, b) => a - b);
  const at = (ms: number) => EPOCH_MS + instants.indexOf(ms);
  const id = (raw: string) => {
    const known = ids.get(raw);
    if (known !== undefined) return known;
    const made = (ids.size + 1).toString(16).padStart(raw.length, '0');
    ids.set(raw, made);
    return made;
  };
  const { host } = new URL(url);
  const spans = [...recording.spans]
    .sort((a, b) => a.startMs - b.startMs)
    .map((span) => ({
      ...span,
      traceId: id(span.traceId),
      spanId: id(span.spanId),
      ...(span.parentSpanId !== undefined && { parentSpanId: id(span.parentSpanId) }),
      startMs: at(span.startMs),
      endMs: at(span.endMs),
      events: span.events.map((event) => ({ ...event, timeMs: at(event.timeMs) })),
      links: span.links.map((link) => ({
        ...link,
        traceId: id(link.traceId),
        spanId: id(link.spanId),
      })),
    }));
  let text = JSON.stringify({ versions: recording.versions, spans });
  for (const [date, ms] of dates) text = text.replaceAll(date, new Date(at(ms)).toISOString());
  text = text
    .replaceAll(host, 'llm.test:8080')
    .replaceAll(folder, '/app/')
    .replaceAll(/\\n {4}at [^"]*?(?=")/g, '\\n    at app')
    .replaceAll(/(?<=:)\d{4,5}(?=\/|")|(?<=port":)\d{4,5}/g, '8080');
  return JSON.parse(text) as Recording;
}

/** The dates in attributes that lie after the start of the recording, in epoch milliseconds. */
function datesIn(recording: Recording, startMs: number): ReadonlyMap<string, number> {
  const found = JSON.stringify(recording).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  const dates = found.map((date) => [date, Date.parse(date)] as const);
  return new Map(dates.filter(([, ms]) => ms >= startMs - 1000));
}

function timesOf({ startMs, endMs, events }: SpanData): readonly number[] {
  return [startMs, endMs, ...events.map(({ timeMs }) => timeMs)];
}
