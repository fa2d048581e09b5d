/** What the publishing tests share: a quick tracer, traces to publish, and waiting. */

import {
  createTracer,
  type Diagnostic,
  type Tracer,
  type TracerOptions,
} from '@openlayer-tracing/core';
import { PIPELINE } from '../../support/collector.ts';

export interface QuickTracer {
  readonly tracer: Tracer;
  /** What it told the operator. */
  readonly said: readonly Diagnostic[];
}

/** A tracer that publishes to `baseUrl` with short delays, and keeps what it says. */
export function quickTracer(baseUrl: string, options: TracerOptions = {}): QuickTracer {
  const said: Diagnostic[] = [];
  const tracer = createTracer({
    apiKey: 'test-key',
    inferencePipelineId: PIPELINE,
    baseUrl,
    timeoutMs: 5000,
    onDiagnostic: (diagnostic) => said.push(diagnostic),
    ...options,
    batch: { maxDelayMs: 5, ...options.batch },
    retry: { baseMs: 5, capMs: 20, ...options.retry },
  });
  return { tracer, said };
}

/** Starts and ends `n` traces of one layout, named after `prefix`; returns their inference IDs. */
export function publish(tracer: Tracer, n: number, prefix = 'row', answer = 'yes'): string[] {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) {
    const inferenceId = `${prefix}-${i}`;
    const trace = tracer.startTrace({ name: 'ask', inferenceId, input: { question: 'why' } });
    trace.update({ output: answer });
    trace.end();
    ids.push(inferenceId);
  }
  return ids;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves once `holds`, looking every few milliseconds; fails after a minute. */
export async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  for (const start = performance.now(); !holds(); await sleep(3)) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
  }
}

/** How long a promise takes, in milliseconds. */
export async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}
