/** The row of a trace that was open when its process died: what was known of it at its begin. */

import { inThousandths, quote } from '../../trace/json-text.js';
import { randomUuid } from '../../trace/random-id.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { BARE_LAYOUT } from '../layout.js';
import type { QueuedRow } from '../row.js';
import { parsed } from './payloads.js';
import type { SpoolEntry } from './segment.js';

/** What is known of a trace when it begins, as JSON text. */
export function startText(trace: RecordedTrace, name: string): string {
  return `{"inferenceId":${quote(trace.inferenceId)},"startedAt":${trace.startedAt},"name":${trace.recorder.redactor.quotedLabel(name)}}`;
}

/**
 * @param start as `startText` made it
 * @param aliveMs when its process was last known to live
 * @returns undefined where the text is none of ours
 */
export function interruptedRow(
  start: string,
  aliveMs: number,
  entry: SpoolEntry,
): QueuedRow | undefined {
  const facts = parsed(start) as Partial<Record<string, unknown>> | null | undefined;
  const { inferenceId, startedAt, name } = facts ?? {};
  if (typeof inferenceId !== 'string' || typeof startedAt !== 'number' || typeof name !== 'string')
    return undefined;
  const latency = Math.max(Math.round(aliveMs - startedAt), 0);
  const metadata =
    '{"http":{"outcome":"interrupted"},"error":"the process ended before the trace did","latencyIsLowerBound":true}';
  const text = `{"inferenceTimestamp":${inThousandths(startedAt)},"inferenceId":${quote(inferenceId)},"output":null,"latency":${latency},"cost":null,"tokens":null,"metadata":${metadata},"steps":[{"name":${quote(name)},"id":"${randomUuid()}","type":"user_call","inputs":null,"output":null,"groundTruth":null,"metadata":${metadata},"steps":[],"latency":${latency},"startTime":${Math.floor(startedAt)},"endTime":${Math.floor(startedAt) + latency}}]}`;
  return { inferenceId, layout: BARE_LAYOUT, bytes: new TextEncoder().encode(text), entry };
}
