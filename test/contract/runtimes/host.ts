/** The app's process: does what the tests command, one app at a time. */

import {
  createTracer,
  type Diagnostic,
  type Tracer,
  type TracerOptions,
} from '@openlayer-tracing/core';
import { Signals } from '../harness/signals.ts';
import { optionsOf, type Report, type Setup } from '../harness/stage.ts';
import { buildApp, quietApp } from '../hono/app.ts';
import { contract } from '../suite/contract.ts';
import type { Command, Failure, Started } from './protocol.ts';
import { record, recorder, setupOf } from './recorded-tests.ts';

type App = ReturnType<typeof quietApp>;

export interface Listening {
  readonly port?: number;
  close(): Promise<void>;
}

interface Current {
  readonly signals: Signals;
  readonly tracer: Tracer;
  readonly diagnostics: readonly Diagnostic[];
  readonly listening: Listening;
}

/** @param serve starts to serve an app in the way of the runtime */
export function hostOf(
  serve: (app: App) => Promise<Listening>,
  signalsOf = () => new Signals(),
): (request: Request) => Promise<Response> {
  record(() => contract(recorder));
  let current: Current | undefined;

  async function carryOut(command: Command): Promise<unknown> {
    if (command.do === 'start') {
      current = await start(await setupOf(command.test), command.tracer, signalsOf(), serve);
      return { port: current.listening.port } satisfies Started;
    }
    if (current === undefined) throw new Error('no app was started');
    const { signals, tracer, listening } = current;
    if (command.do === 'told') return signals.told(command.what);
    if (command.do === 'open') return signals.open(command.gate);
    if (command.do === 'report') return reportOf(current);
    await listening.close();
    await tracer.flush();
    const last = reportOf(current);
    await tracer.shutdown();
    current = undefined;
    return last;
  }

  return async (request) => {
    try {
      const result = await carryOut((await request.json()) as Command);
      return Response.json(result ?? null);
    } catch (error) {
      const { name, message } = error as Error;
      return Response.json({ failed: { name, message } } satisfies Failure);
    }
  };
}

async function start(
  setup: Setup,
  settings: TracerOptions,
  signals: Signals,
  serve: (app: App) => Promise<Listening>,
): Promise<Current> {
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({
    ...settings,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...setup.tracer,
  });
  const app = quietApp();
  const { define, mounts = ['tracing', 'json'] } = setup;
  buildApp(app, { tracer, ...optionsOf(setup, signals) }, (to) => define(to, signals), mounts);
  return { signals, tracer, diagnostics, listening: await serve(app) };
}

function reportOf({ tracer, diagnostics }: Current): Report {
  // An error is told as its text: JSON has none.
  const told = diagnostics.map((each) => ({ ...each, error: each.error && String(each.error) }));
  return { stats: tracer.stats(), diagnostics: told };
}
