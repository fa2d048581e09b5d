/** The row of a trace that was open when its process ended, from the facts that were written of it. */

import { randomUuid } from '../../platform/random-id.js';
import { BARE_LAYOUT, layoutWithInputs } from '../../publish/row/layout.js';
import { QueuedRow, type RowPosition } from '../../publish/row/queued-row.js';
import { rowOf } from '../../publish/row/row.js';
import type { SpooledTrace } from '../../publish/spool.js';
import { isJsonObject, jsonOf, quote, tryParseJson } from '../../values/json/json-text.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import type { Json, WireRow, WireStep } from '../../wire.js';

/** The facts known at the start of a trace, as JSON text. */
export function startText(trace: SpooledTrace, redactor: Redactor): string {
  return `${membersText(trace, redactor)}}`;
}

/** The facts known of a trace that has been open for a while, as JSON text: also its row, as if it ended now. */
export function progressText(trace: SpooledTrace, redactor: Redactor): string {
  trace.recordDeferred();
  // Inputs that the app has set are in the row.
  const inputs = trace.columns.inputs === undefined ? trace.inputsSoFar()?.toText() : undefined;
  const { layout, text } = rowOf(trace, redactor);
  const members = membersText(trace, redactor);
  const output = trace.outputSoFar();
  const outputMember = output === undefined ? '' : `,"output":${output}`;
  return `${members}${inputs ? `,"inputs":{${inputs}}` : ''}${outputMember},"layout":${quote(layout)},"row":${text}}`;
}

function membersText(trace: SpooledTrace, redactor: Redactor): string {
  const { inferenceId, startedAt, sharedTraceId, sharedIdsText, root } = trace;
  const { name, http } = trace.soFar();
  // Other services may have the id of the root step as that of their parent.
  const shared =
    sharedIdsText === undefined
      ? ''
      : `,"traceId":"${sharedTraceId}","rootId":"${root.id}","otel":${sharedIdsText}`;
  const httpText = http === undefined ? '' : `,"http":${http}`;
  return `{"inferenceId":${quote(inferenceId)},"startedAt":${startedAt},"name":${redactor.quotedLabel(name)}${httpText}${shared}`;
}

/** What `JSON.parse` returned for an object. */
type JsonMembers = { readonly [key: string]: Json };

/**
 * @param start the last result of `startText` or `progressText`
 * @param aliveMs when its process showed for the last time that it runs, in epoch milliseconds
 * @returns undefined if `start` is not such a text
 */
export function interruptedRow(
  start: string,
  aliveMs: number,
  position: RowPosition,
): QueuedRow | undefined {
  const facts = objectOf(tryParseJson(start));
  const { inferenceId, startedAt, name, traceId } = facts;
  if (typeof inferenceId !== 'string' || typeof startedAt !== 'number' || typeof name !== 'string')
    return undefined;
  const shared = typeof traceId === 'string' ? { trace_id: traceId } : {};
  const before = objectOf(facts.row);
  const latency = Math.max(Math.round(aliveMs - startedAt), Number(before.latency) || 0, 1);
  const { unfinished: _, ...ownMetadata } = objectOf(before.metadata);
  const metadata = {
    ...ownMetadata,
    http: { ...objectOf(facts.http), outcome: 'interrupted' },
    ...shared,
    ...(isJsonObject(facts.otel) && { otel: facts.otel as JsonMembers }),
    error: 'the process ended before the trace did',
    latencyIsLowerBound: true,
  };
  const inputs = isJsonObject(facts.inputs) ? (facts.inputs as JsonMembers) : undefined;
  // An output that the app has set is in the row.
  const output = before.output ?? facts.output;
  const sent = output === undefined ? {} : { output };
  const root = rootStep(facts, before, { name, metadata, latency, startedAt, inputs, ...sent });
  const layout = typeof facts.layout === 'string' ? facts.layout : BARE_LAYOUT;
  const ids = { inferenceTimestamp: startedAt / 1000, inferenceId, ...shared };
  const absent = { output: null, latency, cost: null, tokens: null };
  const steps = [root];
  const row: WireRow = {
    ...ids,
    ...absent,
    ...before,
    ...sent,
    ...inputs,
    ...ids,
    latency,
    metadata,
    steps,
  };
  const ownLayout = inputs === undefined ? layout : layoutWithInputs(layout, Object.keys(inputs));
  return new QueuedRow(inferenceId, ownLayout, jsonOf(row), position);
}

/** The root step: as far as it was written, with what is known now. */
function rootStep(
  { rootId }: JsonMembers,
  row: JsonMembers,
  {
    startedAt,
    latency,
    inputs,
    ...known
  }: {
    readonly name: string;
    readonly metadata: JsonMembers;
    readonly latency: number;
    readonly startedAt: number;
    readonly inputs: JsonMembers | undefined;
    readonly output?: Json;
  },
): WireStep {
  const [written] = Array.isArray(row.steps) ? (row.steps as readonly unknown[]) : [];
  const startTime = Math.floor(startedAt);
  const id = typeof rootId === 'string' ? rootId : randomUuid();
  const unknown = { inputs: null, output: null, groundTruth: null };
  return {
    ...{ name: known.name, id, type: 'user_call', ...unknown, metadata: known.metadata },
    steps: [],
    ...objectOf(written),
    ...(inputs !== undefined && { inputs }),
    ...known,
    latency,
    startTime,
    endTime: startTime + latency,
  };
}

/** A parsed JSON object; an empty one for anything else. */
function objectOf(value: unknown): JsonMembers {
  return isJsonObject(value) ? (value as JsonMembers) : {};
}
