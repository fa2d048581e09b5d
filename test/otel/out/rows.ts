/** Rows as a tracer makes them, and batches of them. */

import type { Delivery, TraceExport } from '@openlayer-tracing/core';
import type { Json, WireRow, WireStep } from '@openlayer-tracing/core/wire';

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const PARENT_ID = 'b7ad6b7169203331';
export const ROOT_ID = 'e52a7274-c856-46f4-84ab-000000000000';

export function step(facts: Partial<WireStep> = {}): WireStep {
  return {
    name: 'work',
    id: ROOT_ID,
    type: 'user_call',
    inputs: null,
    output: null,
    groundTruth: null,
    metadata: {},
    steps: [],
    latency: 12.345,
    startTime: 1_790_000_000_123,
    endTime: 1_790_000_000_135,
    ...facts,
  };
}

export function rowOf(root: WireStep, facts: Readonly<Record<string, Json>> = {}): WireRow {
  return {
    inferenceTimestamp: root.startTime / 1000,
    inferenceId: 'request-1',
    output: root.output,
    latency: root.latency,
    cost: null,
    tokens: null,
    trace_id: TRACE_ID,
    metadata: root.metadata,
    ...facts,
    steps: [root],
  };
}

/** Sends rows as the tracer's publisher does. */
export function send(
  { transport }: TraceExport,
  rows: readonly object[],
  signal?: AbortSignal,
): Promise<Delivery> {
  const encoder = new TextEncoder();
  return transport.send(
    {
      layout: '{}',
      rows: rows.map((row, i) => ({
        inferenceId: String((row as Partial<WireRow>).inferenceId ?? i),
        bytes: encoder.encode(JSON.stringify(row)),
      })),
    },
    { signal },
  );
}
