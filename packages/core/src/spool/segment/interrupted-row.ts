/** The row of a trace that was open when its process ended, from the facts known at its start. */

import { randomUuid } from '../../platform/random-id.js';
import { BARE_LAYOUT } from '../../publish/row/layout.js';
import { QueuedRow, type RowPosition } from '../../publish/row/queued-row.js';
import type { SpooledTrace } from '../../publish/spool.js';
import { isJsonObject, jsonOf, quote, tryParseJson } from '../../values/json-text.js';
import { thousandthsText } from '../../values/number-text.js';
import type { Redactor } from '../../values/redactor.js';

/** The facts known at the start of a trace, as JSON text. */
export function startText(trace: SpooledTrace, redactor: Redactor): string {
  const { inferenceId, startedAt, nameAtStart, sharedTraceId, sharedIdsText, root } = trace;
  // Other services may have the id of the root step as that of their parent.
  const shared =
    sharedIdsText === undefined
      ? ''
      : `,"traceId":"${sharedTraceId}","rootId":"${root.id}","otel":${sharedIdsText}`;
  return `{"inferenceId":${quote(inferenceId)},"startedAt":${startedAt},"name":${redactor.quotedLabel(nameAtStart)}${shared}}`;
}

/**
 * @param start the result of `startText`
 * @param aliveMs when its process last renewed its lease, in epoch milliseconds
 * @returns undefined if `start` is not such a text
 */
export function interruptedRow(
  start: string,
  aliveMs: number,
  position: RowPosition,
): QueuedRow | undefined {
  const facts = tryParseJson(start) as Partial<Record<string, unknown>> | null | undefined;
  const { inferenceId, startedAt, name, traceId, rootId, otel } = facts ?? {};
  if (typeof inferenceId !== 'string' || typeof startedAt !== 'number' || typeof name !== 'string')
    return undefined;
  const latency = Math.max(Math.round(aliveMs - startedAt), 0);
  const shared = typeof traceId === 'string' ? `"trace_id":${quote(traceId)},` : '';
  const ids = isJsonObject(otel) ? `"otel":${jsonOf(otel)},` : '';
  const id = typeof rootId === 'string' ? rootId : randomUuid();
  const metadata = `{"http":{"outcome":"interrupted"},${shared}${ids}"error":"the process ended before the trace did","latencyIsLowerBound":true}`;
  const text = `{"inferenceTimestamp":${thousandthsText(startedAt)},"inferenceId":${quote(inferenceId)},${shared}"output":null,"latency":${latency},"cost":null,"tokens":null,"metadata":${metadata},"steps":[{"name":${quote(name)},"id":${quote(id)},"type":"user_call","inputs":null,"output":null,"groundTruth":null,"metadata":${metadata},"steps":[],"latency":${latency},"startTime":${Math.floor(startedAt)},"endTime":${Math.floor(startedAt) + latency}}]}`;
  return new QueuedRow(inferenceId, BARE_LAYOUT, text, position);
}
