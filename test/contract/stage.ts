/** One app, one tracer and one collector for a test, and what must hold at its end. */

import assert from 'node:assert/strict';
import {
  createTracer,
  type Diagnostic,
  type Tracer,
  type TracerOptions,
  type TracingOptions,
} from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { type Collector, startCollector } from '../support/collector.ts';
import { assertConserved } from '../support/conservation.ts';
import type { App, Framework, Mount, RequestFacts, Running } from './frameworks.ts';

export interface StageSettings {
  readonly tracer?: TracerOptions;
  /** Reasons of the diagnostics that the test provokes, each once; all others fail it. */
  readonly diagnostics?: readonly string[];
}

export interface Setup<Native = never> extends StageSettings {
  readonly define: (app: App) => void;
  readonly options?: TracingOptions<RequestFacts>;
  /** @default ['tracing', 'json'] */
  readonly mounts?: readonly (Mount | Native)[];
}

export interface Stage extends Running, AsyncDisposable {
  readonly collector: Collector;
  readonly tracer: Tracer;
  readonly diagnostics: readonly Diagnostic[];
  /** So many rows, in order of arrival. It fails where there are more, then or at the end of the test. */
  rows(n: number): Promise<WireRow[]>;
  row(inferenceId: string): Promise<WireRow>;
  /** The one row of the test. */
  only(): Promise<WireRow>;
}

/** An app of the framework with tracing on it. */
export function stageOf<Native>(
  framework: Framework<Native>,
  setup: Setup<Native>,
): Promise<Stage> {
  const { define, options, mounts = ['tracing', 'json'] } = setup;
  return stageOn((tracer) => framework.start({ tracer, ...options }, define, mounts), {
    ...setup,
    tracer: { ...framework.tracer, ...setup.tracer },
  });
}

/** An app that is started by hand, with a tracer that publishes to a collector of its own. */
export async function stageOn(
  start: (tracer: Tracer) => Promise<Running>,
  settings: StageSettings = {},
): Promise<Stage> {
  const collector = await startCollector();
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({
    ...collector.tracer,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...settings.tracer,
  });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const running = await start(tracer);
  let expected: number | undefined;
  const rows = async (n: number) => {
    expected = n;
    const found = await collector.server.waitForRows(n, { timeoutMs: 10_000 });
    assert.equal(found.length, n);
    return found;
  };
  return {
    ...running,
    collector,
    tracer,
    diagnostics,
    rows,
    row: (inferenceId) => collector.row(inferenceId),
    only: async () => (await rows(1))[0] as WireRow,
    async [Symbol.asyncDispose]() {
      running.server.closeAllConnections();
      await new Promise((resolve) => running.server.close(resolve));
      await tracer.flush();
      const stats = tracer.stats();
      const received = collector.server.rows().length;
      await tracer.shutdown();
      await collector[Symbol.asyncDispose]();
      process.off('warning', onWarning);
      assert.deepEqual(warnings, []);
      assert.deepEqual(
        diagnostics.map(({ reason }) => reason),
        settings.diagnostics ?? [],
        diagnostics.map(({ message, error }) => `${message} (${error})`).join('\n'),
      );
      assert.equal(stats.open, 0, 'no trace stays open when the server is closed');
      assertConserved(stats);
      assert.equal(stats.published, received);
      if (expected !== undefined) assert.equal(received, expected, 'no row comes later');
    },
  };
}

/** The row as a tree without what differs between two runs, and with its metadata. */
export function treeOf(row: WireRow): string {
  return renderTrace(row, { timings: false, metadata: true });
}

/** The row as a tree of steps alone. */
export function stepsOf(row: WireRow): string {
  return renderTrace(row, { timings: false });
}

/** A printed tree as it is written in a test: without the line breaks around it. */
export function printed(text: string): string {
  return text.replace(/^\n/, '').replace(/\n *$/, '');
}

/** What the row's trace says of its HTTP exchange. */
export function httpOf(row: WireRow): Readonly<Record<string, unknown>> {
  const http: unknown = row.metadata?.http;
  assert(typeof http === 'object' && http !== null);
  return http as Record<string, unknown>;
}
