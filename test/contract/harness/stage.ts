/** One app, one tracer and one collector for a test, and what must hold at its end. */

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import {
  createTracer,
  type Diagnostic,
  type Tracer,
  type TracerOptions,
  type TracerStats,
  type TracingOptions,
} from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { type Collector, startCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import type { App, Framework, Mount, RequestFacts, Running } from './frameworks.ts';
import { until } from './pause.ts';
import { type AppSignals, Signals } from './signals.ts';

export interface StageSettings {
  readonly tracer?: TracerOptions;
  /** Reasons of the diagnostics that the test provokes, each once; all others fail it. */
  readonly diagnostics?: readonly string[];
}

/**
 * The app of a test. It may run in another process, which runs the test only until here: what its functions and the
 * rest of the test share goes through the signals.
 */
export interface Setup<Native = never> extends StageSettings {
  readonly define: (app: App, signals: AppSignals) => void;
  readonly options?:
    | TracingOptions<RequestFacts>
    | ((signals: AppSignals) => TracingOptions<RequestFacts>);
  /** @default ['tracing', 'json'] */
  readonly mounts?: readonly (Mount | Native)[];
}

/** What an app's process says of its tracing. */
export interface Report {
  readonly stats: TracerStats;
  readonly diagnostics: readonly Diagnostic[];
}

/** An app that runs, wherever that is. */
export interface House {
  readonly url: string;
  readonly port: number;
  /** Where it runs in this process. */
  readonly server?: Server;
  told(what: string): readonly unknown[] | Promise<readonly unknown[]>;
  open(gate: string): void | Promise<void>;
  report(): Report | Promise<Report>;
  /** Ends the app's connections, delivers what is left, and ends the tracer. */
  close(): Promise<Report>;
}

export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server | undefined;
  readonly collector: Collector;
  stats(): Promise<TracerStats>;
  diagnostics(): Promise<readonly Diagnostic[]>;
  /** What the app has told, once it has done so that often. */
  told(what: string, times?: number): Promise<readonly unknown[]>;
  /** Lets the app pass a gate. */
  open(gate: string): Promise<void>;
  /** So many rows, in order of arrival. It fails where there are more, then or at the end of the test. */
  rows(n: number): Promise<WireRow[]>;
  row(inferenceId: string): Promise<WireRow>;
  /** The one row of the test. */
  only(): Promise<WireRow>;
}

/** An app of the framework with tracing on it. */
export async function stageOf<Native>(
  framework: Framework<Native>,
  setup: Setup<Native>,
): Promise<Stage> {
  if (framework.stage !== undefined) return framework.stage(setup);
  const { define, mounts = ['tracing', 'json'] } = setup;
  const signals = new Signals();
  const options = optionsOf(setup, signals);
  return stageOn(
    (tracer) => framework.start({ tracer, ...options }, (app) => define(app, signals), mounts),
    { ...setup, tracer: { ...framework.tracer, ...setup.tracer } },
    signals,
  );
}

/** The options of the middleware, but for the tracer. */
export function optionsOf<Native>(
  { options }: Setup<Native>,
  signals: AppSignals,
): TracingOptions<RequestFacts> {
  return typeof options === 'function' ? options(signals) : (options ?? {});
}

/** An app that is started by hand, with a tracer that publishes to a collector of its own. */
export async function stageOn(
  start: (tracer: Tracer) => Promise<Running>,
  settings: StageSettings = {},
  signals: Signals = new Signals(),
): Promise<Stage> {
  const collector = await startCollector();
  return stageIn(collector, settings, () => houseHere(start, collector, settings, signals));
}

/** The stage around an app that publishes to the collector. */
export async function stageIn(
  collector: Collector,
  settings: StageSettings,
  open: () => Promise<House>,
): Promise<Stage> {
  const house = await open().catch(async (error: unknown) => {
    await collector[Symbol.asyncDispose]();
    throw error;
  });
  let expected: number | undefined;
  const rows = async (n: number) => {
    expected = n;
    const found = await collector.server.waitForRows(n, { timeoutMs: 60_000 });
    assert.equal(found.length, n);
    return found;
  };
  return {
    url: house.url,
    port: house.port,
    server: house.server,
    collector,
    stats: async () => (await house.report()).stats,
    diagnostics: async () => (await house.report()).diagnostics,
    told: async (what, times = 1) => {
      let told: readonly unknown[] = [];
      await until(async () => {
        told = await house.told(what);
        return told.length >= times;
      }, `${what}, ${times} times`);
      return told;
    },
    open: async (gate) => house.open(gate),
    rows,
    row: (inferenceId) => collector.row(inferenceId),
    only: async () => (await rows(1))[0] as WireRow,
    async [Symbol.asyncDispose]() {
      const { stats, diagnostics } = await house.close();
      const received = collector.server.rows().length;
      await collector[Symbol.asyncDispose]();
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

/** An app in this process. Whatever Node warns of meanwhile fails the test. */
async function houseHere(
  start: (tracer: Tracer) => Promise<Running>,
  collector: Collector,
  settings: StageSettings,
  signals: Signals,
): Promise<House> {
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({
    ...collector.tracer,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...settings.tracer,
  });
  const { url, port, server } = await start(tracer).catch(async (error: unknown) => {
    await tracer.shutdown();
    throw error;
  });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const report = () => ({ stats: tracer.stats(), diagnostics });
  return {
    url,
    port,
    server,
    told: (what) => signals.told(what),
    open: (gate) => signals.open(gate),
    report,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await tracer.flush();
      const last = report();
      await tracer.shutdown();
      process.off('warning', onWarning);
      assert.deepEqual(warnings, []);
      return last;
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
